//go:build conformance

package conform

import (
	"maps"
	"slices"
	"strconv"

	"github.com/charmkit/charmkit/internal/juju/hook"
)

func (f Family) onMachines() Family {
	on := Family{Name: f.Name + " on machines"}
	for _, s := range f.Scripts {
		onMachines(&s.World)
		on.Scripts = append(on.Scripts, s)
	}
	return on
}

// onMachines gives each unit of a world a machine with one link.
func onMachines(w *World) {
	w.Type = "iaas"
	if a := w.Applications["myapp"]; a != nil && a.Trust {
		w.Cloud = &Cloud{
			Type: "lxd", Name: "localhost", Region: "localhost", Endpoint: "https://10.0.0.1:8443",
			AuthType: "certificate", Attributes: map[string]string{"client-cert": "c", "server-cert": "s"},
		}
	}
	for i, name := range slices.Sorted(maps.Keys(w.Units)) {
		u := w.Units[name]
		u.Machine, u.Zone = strconv.Itoa(i), "zone-"+strconv.Itoa(i%2)
		if u.Address != "" {
			u.Links = []Link{link("eth0", u.Address, "10.1.0.0/24")}
		}
	}
}

// link is a link with addresses and the subnets that they are in, if any.
func link(name string, pairs ...string) Link {
	l := Link{Name: name, MAC: "52:54:00:00:00:0" + name[len(name)-1:]}
	for i := 0; i < len(pairs); i += 2 {
		l.Addresses = append(l.Addresses, LinkAddress{pairs[i], pairs[i+1]})
	}
	return l
}

// machineScript is a script in the base world on machines, which change changes.
func machineScript(name string, change func(w *World, u *Unit), hooks ...Hook) Script {
	s := script(name, hooks...)
	onMachines(&s.World)
	change(&s.World, s.World.Units["myapp/0"])
	return s
}

func machineFamilies() []Family {
	return []Family{
		{"ports of machines", machinePortScripts()},
		{"network of machines", machineNetworkScripts()},
		{"block storage of machines", blockScripts()},
		{"environments of machines", machineEnvironmentScripts()},
	}
}

func machinePortScripts() []Script {
	open := func(args ...string) Call { return call("open-port", args...) }
	closed := func(args ...string) Call { return call("close-port", args...) }
	endpoints := call("opened-ports", "--endpoints")
	sequences := [][]Call{
		{open("100-200"), open("150"), open("190-210"), open("150/udp"), open("100-200"), endpoints},
		{closed("100-200"), closed("150"), closed("201"), open("150"), endpoints},
		{open("150"), open("100-200"), closed("150"), open("100-200"), endpoints},
		{open("150"), closed("150"), endpoints},
		{open("100-200"), closed("150"), call("state-set", "lost=1")},
		{open("100-200"), closed("300-400"), endpoints},
		{open("80", "--endpoints", "db"), open("80"), endpoints},
		{open("80"), open("80", "--endpoints", "db"), endpoints},
		{closed("80", "--endpoints", "db"), endpoints},
		{closed("80", "--endpoints", "db,website"), endpoints},
		{closed("80", "--endpoints", "db"), closed("80"), endpoints},
		{closed("8080", "--endpoints", "db"), open("8080"), endpoints},
		{closed("8080"), endpoints}, {open("8080"), endpoints}, {open("icmp"), endpoints}, {closed("icmp"), endpoints},
		{open("81", "--endpoints", "nosuch"), call("secret-add", "token=abc"), call("state-set", "lost=1")},
		{closed("81", "--endpoints", "nosuch"), call("state-set", "lost=1")}, {open("81", "--endpoints", "juju-info")}, {open("81", "--endpoints", "public")},
		{open("5432"), open("5432/udp"), closed("5432"), open("5000-6000"), closed("5000-6000", "--endpoints", "db"), endpoints},
		{closed("81", "--endpoints", "db"), call("state-set", "lost=1")}, {closed("81"), endpoints}, {open("81"), closed("81", "--endpoints", "db"), endpoints},
	}
	var scripts []Script
	for _, exit := range []int{0, 1} {
		for _, ports := range [][]string{nil, {"* 80/tcp", "* 100-200/tcp"}, {"* 80/tcp", "db 8080/tcp", "website 8080/tcp"}} {
			for _, beside := range [][]string{nil, {"* 5432/tcp"}} {
				for _, calls := range sequences {
					h := on("myapp/0", configChanged, calls...)
					h.Exit = exit
					scripts = append(scripts, machineScript("ports of a machine", func(w *World, u *Unit) {
						u.Ports = ports
						if beside != nil {
							other := w.Units["postgresql/0"]
							other.Machine, other.Ports = u.Machine, beside
						}
					}, h, on("myapp/0", configChanged, endpoints, call("opened-ports"))))
				}
			}
		}
	}
	return scripts
}

func machineNetworkScripts() []Script {
	var calls []Call
	for _, flags := range [][]string{{}, {"--format=json"}, {"--bind-address"}, {"--ingress-address"}, {"--egress-subnets"}, {"--primary-address"}, {"--bind-address", "--ingress-address", "--egress-subnets"}} {
		for _, binding := range []string{"db", "website", "public"} {
			calls = append(calls, call("network-get", append([]string{binding}, flags...)...))
		}
	}
	calls = append(calls, call("network-get", "website", "-r", "2"), call("network-get", "db", "-r", "2"), call("network-get", "website", "-r", "1"), call("network-get", "nosuch"),
		call("unit-get", "private-address"), call("unit-get", "public-address"), call("unit-get", "public-address", "--format=json"))
	changes := map[string]func(*World, *Unit){
		"one link":                        func(*World, *Unit) {},
		"no links":                        func(_ *World, u *Unit) { u.Links = nil },
		"no address":                      func(_ *World, u *Unit) { u.Address = "" },
		"nothing":                         func(_ *World, u *Unit) { u.Address, u.Links = "", nil },
		"a public address of the cloud's": func(_ *World, u *Unit) { u.PublicAddress = "203.0.113.7" },
		"links in any order": func(_ *World, u *Unit) {
			u.Links = []Link{link("lo0", "127.0.0.1", ""), link("eth1", "fd00::5", "fd00::/64", "192.168.3.4", "192.168.3.0/24"), link("eth0", "10.1.0.5", "10.1.0.0/24", "fe80::1", "fe80::/64", "203.0.113.7", "203.0.113.0/24", "2001:db8::7", "2001:db8::/64")}
		},
		"one address on two links": func(_ *World, u *Unit) {
			u.Links = []Link{link("br0", "10.1.0.5", "10.1.0.0/24"), link("eth0", "10.1.0.5", "10.1.0.0/24", "10.1.0.4", "10.1.0.0/24")}
		},
		"no subnets": func(_ *World, u *Unit) {
			u.Links = []Link{link("eth0", "10.1.0.9", "", "10.1.0.5", ""), link("eth1", "10.2.0.5", "")}
		},
		"another subnet": func(_ *World, u *Unit) {
			u.Links = []Link{link("eth0", "10.1.0.5", ""), link("eth1", "10.2.0.5", "10.2.0.0/24")}
		},
		"a class E address": func(_ *World, u *Unit) {
			u.Links = []Link{link("eth0", "252.0.0.1", "252.0.0.0/8", "127.0.1.1", "127.0.0.0/8", "10.1.0.5", "10.1.0.0/24")}
		},
		"a private address of its own": func(_ *World, u *Unit) { u.Address, u.Links = "127.0.0.1", nil },
		"a link-local address":         func(_ *World, u *Unit) { u.Address, u.Links = "169.254.0.1", nil },
		"an IPv6 address":              func(_ *World, u *Unit) { u.Address, u.Links = "2001:db8::7", nil },
	}
	hooks := []hook.Info{configChanged, {Kind: hook.UpdateStatus}, dbHook(hook.RelationChanged, "postgresql/0"), {Kind: hook.RelationChanged, Endpoint: "website", RelationID: 2, RemoteApp: "web", RemoteUnit: "web/0"}}
	var scripts []Script
	for _, name := range slices.Sorted(maps.Keys(changes)) {
		for _, info := range hooks {
			scripts = append(scripts, machineScript(name, changes[name], on("myapp/0", info, calls...)))
		}
	}
	return scripts
}

func blockScripts() []Script {
	calls := []Call{
		call("storage-list"), call("storage-list", "disk"), call("storage-get"), call("storage-get", "kind"), call("storage-get", "location"), call("storage-get", "--format=json"),
		call("storage-get", "-s", "disk/3"), call("storage-get", "-s", "disk/3", "location"), call("storage-get", "-s", "disk/4"), call("storage-get", "-s", "data/5"), call("storage-add", "disk"), call("storage-add", "disk=3"),
	}
	with := func(_ *World, u *Unit) {
		u.Storage = []Storage{{"disk/3", "block", "/dev/disk/by-id/wwn-0x5000c500a0b1c2d3"}, {"disk/4", "block", ""}, {"data/5", "filesystem", ""}}
	}
	var scripts []Script
	for _, info := range []hook.Info{
		configChanged, {Kind: hook.StorageDetaching, StorageName: "disk", StorageID: "disk/4"},
		{Kind: hook.StorageAttached, StorageName: "disk", StorageID: "disk/3", StorageKind: "block", StorageLocation: "/dev/disk/by-id/wwn-0x5000c500a0b1c2d3"},
	} {
		for _, c := range calls {
			scripts = append(scripts, machineScript("block devices in "+string(info.Kind), with, on("myapp/0", info, c)))
		}
	}
	return scripts
}

func machineEnvironmentScripts() []Script {
	container := func(_ *World, u *Unit) { u.Machine, u.Zone = "0/lxd/1", "" }
	subordinate := func(w *World, u *Unit) {
		u.Principal, u.Machine = "postgresql/0", w.Units["postgresql/0"].Machine
	}
	var scripts []Script
	for _, info := range []hook.Info{configChanged, dbHook(hook.RelationJoined, "postgresql/0"), action} {
		scripts = append(scripts,
			machineScript("a container without a zone", container, on("myapp/0", info)),
			machineScript("a subordinate", subordinate, on("myapp/0", info)))
	}
	return scripts
}
