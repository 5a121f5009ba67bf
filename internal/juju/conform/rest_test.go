//go:build conformance

package conform

import "github.com/charmkit/charmkit/internal/juju/hook"

func storageScripts() []Script {
	calls := []Call{
		call("storage-list"), call("storage-list", "--format=json"), call("storage-list", "data"), call("storage-list", "nosuch", "--format=json"), call("storage-list", "data", "x"), call("storage-list", "-o", "out"), call("storage-list", "--output", "out", "--format=yaml"), call("storage-list", ""),
		call("storage-get"), call("storage-get", "-s", "data/0"), call("storage-get", "-s", "data/0", "--format=json"), call("storage-get", "-s", "data/0", "kind"), call("storage-get", "-s", "data/0", "location", "--format=json"), call("storage-get", "-s", "data/0", "nosuch"), call("storage-get", "-s", "data/9"), call("storage-get", "-s", "bad"), call("storage-get", "-s", "data/00"), call("storage-get", "-s", ""), call("storage-get", "-s", "data/1"), call("storage-get", "-s", "logs/2"), call("storage-get", "-s", "disk/3"), call("storage-get", "kind"), call("storage-get", "kind", "x"), call("storage-get", "-s", "data/0", "kind", "x"), call("storage-get", "-s", "data/0", "-o", "out"), call("storage-get", "-s", "data/0", "--output", "out"), call("storage-get", "-s", "data/0", ""),
		call("storage-add"), call("storage-add", "data"), call("storage-add", "data=1"), call("storage-add", "data=1G"), call("storage-add", "nosuch"), call("storage-add", "nosuch=2", "data"), call("storage-add", "data=0"), call("storage-add", "data=-1"), call("storage-add", "data=5"), call("storage-add", "data=x"), call("storage-add", "data=pool"), call("storage-add", "data=pool,1"), call("storage-add", "logs"), call("storage-add", "disk=2"), call("storage-add", "disk=3"), call("storage-add", "data", "data"), call("storage-add", "--x"), call("storage-add", ""), call("storage-add", "=1"), call("storage-add", "data="),
	}
	var scripts []Script
	with := func() World {
		w := baseWorld()
		w.Units["myapp/0"].Storage = []Storage{{"data/0", "filesystem", "/var/lib/juju/storage/data/0"}, {"data/1", "filesystem", ""}, {"logs/2", "filesystem", "/var/lib/juju/storage/logs/2"}, {"disk/3", "block", ""}}
		return w
	}
	attached := hook.Info{Kind: hook.StorageAttached, StorageName: "data", StorageID: "data/0", StorageKind: "filesystem", StorageLocation: "/var/lib/juju/storage/data/0"}
	detaching := hook.Info{Kind: hook.StorageDetaching, StorageName: "data", StorageID: "data/1"}
	for _, info := range []hook.Info{configChanged, attached, detaching} {
		for _, c := range calls {
			scripts = append(scripts, Script{Name: "storage in " + string(info.Kind), World: with(), Hooks: []Hook{on("myapp/0", info, c)}})
		}
	}
	return append(scripts, script("no storage", on("myapp/0", configChanged, call("storage-list"), call("storage-list", "--format=json"), call("storage-add", "data=2"), call("storage-list")), on("myapp/0", configChanged, call("storage-list"))))
}

func payloadScripts() []Script {
	calls := []Call{
		call("payload-register"), call("payload-register", "docker", "monitoring", "id1"), call("payload-register", "docker", "monitoring", "id1", "b", "a"), call("payload-register", "kvm", "monitoring", "id1"), call("payload-register", "docker", "nosuch", "id1"), call("payload-register", "docker", "monitoring"), call("payload-register", "docker", "monitoring", ""), call("payload-register", "--x"),
		call("payload-status-set"), call("payload-status-set", "monitoring", "id0", "stopped"), call("payload-status-set", "monitoring", "id9", "stopped"), call("payload-status-set", "monitoring", "id0", "bogus"), call("payload-status-set", "nosuch", "id0", "stopped"), call("payload-status-set", "monitoring", "id0"), call("payload-status-set", "monitoring", "id0", "stopped", "x"),
		call("payload-unregister"), call("payload-unregister", "monitoring", "id0"), call("payload-unregister", "monitoring", "id9"), call("payload-unregister", "nosuch", "id0"), call("payload-unregister", "monitoring", "id0", "x"), call("payload-unregister", "monitoring"),
	}
	var scripts []Script
	for _, known := range []bool{true, false} {
		for _, c := range calls {
			w := baseWorld()
			if known {
				w.Units["myapp/0"].Payloads = map[string]Payload{"monitoring": {Type: "docker", ID: "id0", Status: "running"}}
			}
			scripts = append(scripts, Script{Name: "payloads", World: w, Hooks: []Hook{on("myapp/0", configChanged, c)},
				Files: map[string]string{"metadata.yaml": "name: myapp\nsummary: s\ndescription: d\npayloads:\n  monitoring: {type: docker}\n"}})
		}
	}
	return append(scripts, script("payloads without metadata", on("myapp/0", configChanged, call("payload-register", "docker", "monitoring", "id1"))))
}

func rebootScripts() []Script {
	scripts := each("reboot", "myapp/0", configChanged, call("juju-reboot"), call("juju-reboot", "--now"), call("juju-reboot", "x"), call("juju-reboot", "--x"))
	scripts = append(scripts, each("reboot in an action", "myapp/0", action, call("juju-reboot"), call("juju-reboot", "--now"))...)
	for _, now := range [][]string{nil, {"--now"}} {
		for _, exit := range []int{0, 1} {
			h := on("myapp/0", configChanged, call("state-set", "a=b"), call("juju-reboot", now...))
			h.Exit = exit
			scripts = append(scripts, script("what a reboot keeps", h))
		}
	}
	return scripts
}

func credentialScripts() []Script {
	trusted := script("credentials of a trusted charm", on("myapp/0", configChanged, call("credential-get"), call("credential-get", "--format=json")))
	trusted.World.Applications["myapp"].Trust = true
	return append([]Script{trusted}, each("credentials", "myapp/0", configChanged, call("credential-get"), call("credential-get", "--format=json"), call("credential-get", "x"), call("credential-get", "-o", "out"), call("credential-get", "--output", "out"), call("credential-get", "--x"))...)
}

func specScripts() []Script {
	podSpec := "version: 3\ncontainers:\n  - name: gitlab\n    image: gitlab/latest\n    ports:\n      - containerPort: 80\n        protocol: TCP\n"
	var calls []Call
	for _, name := range []string{"k8s-spec", "pod-spec", "k8s-raw"} {
		calls = append(calls, call(name+"-get"), call(name+"-get", "x"), call(name+"-get", "--x"), call(name+"-set"), call(name+"-set", "x"), stdin("", name+"-set"), stdin(podSpec, name+"-set"), stdin(": bad", name+"-set"), call(name+"-set", "--file", "nosuch"), call(name+"-set", "--file", "spec.yaml"), call(name+"-set", "--file=-"), stdin(podSpec, name+"-set", "--file", "-"), call(name+"-set", "--x"))
		if name != "k8s-raw" {
			calls = append(calls, call(name+"-set", "--file", "spec.yaml", "--k8s-resources", "resources.yaml"), call(name+"-set", "--file", "spec.yaml", "--k8s-resources", "nosuch"))
		}
	}
	var scripts []Script
	for _, unit := range []string{"myapp/0", "myapp/1"} {
		for _, s := range each("specs on "+unit, unit, configChanged, calls...) {
			s.Files = map[string]string{"spec.yaml": podSpec, "resources.yaml": "kubernetesResources:\n  pod:\n    restartPolicy: OnFailure\n"}
			scripts = append(scripts, s)
		}
	}
	upgrade := hook.Info{Kind: hook.UpgradeCharm}
	get := []Call{call("k8s-spec-get"), call("k8s-raw-get"), call("pod-spec-get")}
	for _, unit := range []string{"myapp/0", "myapp/1"} {
		scripts = append(scripts, script("specs after an upgrade", on(unit, upgrade), on("myapp/0", configChanged, get...)),
			script("specs set in an upgrade", on(unit, upgrade, stdin(podSpec, "k8s-spec-set")), on("myapp/0", configChanged, get...), on("myapp/0", upgrade), on("myapp/1", configChanged, get...)))
	}
	both := script("both specs", on("myapp/0", configChanged, stdin(podSpec, "k8s-spec-set"), stdin(podSpec, "k8s-raw-set")))
	sidecar := script("specs of a sidecar charm", on("myapp/0", configChanged, stdin(podSpec, "k8s-spec-set"), call("state-set", "a=b")), on("myapp/0", upgrade), on("myapp/0", configChanged, get...))
	sidecar.World.Applications["myapp"].Files["manifest.yaml"] = "bases:\n- name: ubuntu\n  channel: \"24.04\"\n  architectures: [amd64]\n"
	return append(scripts, both, sidecar)
}

func resourceScripts() []Script {
	calls := []Call{call("resource-get"), call("resource-get", "software"), call("resource-get", "image"), call("resource-get", "nosuch"), call("resource-get", "software", "x"), call("resource-get", "--x")}
	scripts := each("no resources", "myapp/0", configChanged, calls...)
	for _, c := range calls {
		w := baseWorld()
		w.Applications["myapp"].Resources = map[string]string{"software": "a zip", "image": "ubuntu/nginx:1.24"}
		scripts = append(scripts, Script{Name: "resources", World: w, Hooks: []Hook{on("myapp/0", configChanged, c, call("resource-get", "software"), call("resource-get", "image"))}})
	}
	return scripts
}

// environmentScripts have no calls: what is compared is the environment.
func environmentScripts() []Script {
	infos := []hook.Info{
		{Kind: hook.Install}, {Kind: hook.Start}, {Kind: hook.ConfigChanged}, {Kind: hook.UpgradeCharm}, {Kind: hook.Stop}, {Kind: hook.Remove}, {Kind: hook.UpdateStatus}, {Kind: hook.LeaderElected}, {Kind: hook.LeaderSettings},
		{Kind: hook.PreSeriesUpgrade, TargetBase: "ubuntu@24.04", TargetSeries: "noble"}, {Kind: hook.PostSeriesUpgrade},
		dbHook(hook.RelationCreated, ""), dbHook(hook.RelationJoined, "postgresql/0"), dbHook(hook.RelationChanged, "postgresql/0"), dbHook(hook.RelationChanged, ""), dbHook(hook.RelationBroken, ""),
		{Kind: hook.RelationDeparted, Endpoint: "db", RelationID: 1, RemoteApp: "postgresql", RemoteUnit: "postgresql/0", DepartingUnit: "postgresql/0"},
		{Kind: hook.RelationDeparted, Endpoint: "db", RelationID: 1, RemoteApp: "postgresql", RemoteUnit: "postgresql/0", DepartingUnit: "myapp/0"},
		{Kind: hook.RelationJoined, Endpoint: "peers", RelationID: 0, RemoteApp: "myapp", RemoteUnit: "myapp/1"}, {Kind: hook.RelationCreated, Endpoint: "peers", RelationID: 0, RemoteApp: "myapp"},
		{Kind: hook.PebbleReady, Workload: "web"}, {Kind: hook.PebbleCustomNotice, Workload: "web", NoticeID: "1", NoticeType: "custom", NoticeKey: "example.com/key"}, {Kind: hook.PebbleCheckFailed, Workload: "web", CheckName: "up"}, {Kind: hook.PebbleCheckRecovered, Workload: "web", CheckName: "up"},
		{Kind: hook.SecretChanged, SecretURI: "secret:" + grantedID, SecretLabel: "dbcreds"}, {Kind: hook.SecretChanged, SecretURI: "secret:" + grantedID}, {Kind: hook.SecretChanged, SecretURI: "secret://" + otherUUID + "/" + missingID}, {Kind: hook.SecretRotate, SecretURI: "secret:" + ownedID, SecretLabel: "mine"}, {Kind: hook.SecretRotate, SecretURI: "secret:" + ownedID}, {Kind: hook.SecretExpired, SecretURI: "secret:" + ownedID, SecretLabel: "mine", SecretRevision: 1}, {Kind: hook.SecretRemove, SecretURI: "secret:" + unitID, SecretRevision: 2}, {Kind: hook.SecretRotate, SecretURI: "secret:" + ownedID, SecretRevision: 3},
		{Kind: hook.StorageAttached, StorageName: "data", StorageID: "data/0", StorageKind: "filesystem", StorageLocation: "/srv/data"}, {Kind: hook.StorageDetaching, StorageName: "data", StorageID: "data/0", StorageKind: "filesystem", StorageLocation: "/srv/data"}, {Kind: hook.StorageDetaching, StorageName: "data", StorageID: "data/1", StorageKind: "filesystem"},
		action,
	}
	proxies := Proxy{HTTP: "http://p:1", HTTPS: "http://p:2", FTP: "ftp://p:3", No: "10.0.0.0/8"}
	var scripts []Script
	for _, change := range []func(*World){
		func(*World) {}, func(w *World) { w.Proxy = proxies }, func(w *World) { w.LegacyProxy = proxies; w.LegacyProxy.No = "x" }, func(w *World) { w.CloudAPIVersion, w.APIAddresses = "", nil },
		func(w *World) { w.LegacyProxy = Proxy{HTTP: "http://p:1"} },
	} {
		for _, info := range infos {
			w := baseWorld()
			w.Units["myapp/0"].Storage = []Storage{{"data/0", "filesystem", "/srv/data"}, {"data/1", "filesystem", ""}}
			if info.Kind == hook.RelationBroken {
				w.Relations[1].Life = "dying"
				for name, ru := range w.Relations[1].Units {
					ru.InScope = ru.InScope && name[0] == 'm'
				}
			}
			change(&w)
			scripts = append(scripts, Script{Name: "environment", World: w, Hooks: []Hook{on("myapp/0", info)}})
		}
	}
	return scripts
}

// protocolScripts are calls that no tool answers.
func protocolScripts() []Script {
	return each("protocol", "myapp/0", configChanged,
		call(""), call("add-metric"), call("nosuch"), Call{Command: "config-get", Dir: "relative"}, Call{Command: "nosuch", Dir: "relative"}, Call{Dir: "relative"},
		call("relation-set", "-r", "1", "--file", "-"), call("state-set", "--file", "-"), stdin("unused", "config-get", "name"), call("config-get", "--", "--help"), call("config-get", "-", "-"),
	)
}
