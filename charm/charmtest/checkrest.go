package charmtest

import (
	"slices"
	"strings"

	"github.com/charmkit/charmkit/charm/internal/deferral"
	"github.com/charmkit/charmkit/charm/metadata"
	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/model"
)

func (c *checker) checkContainers() {
	if c.state.Machine != nil && len(c.state.Containers) > 0 {
		c.problem("State.Containers", "machines have no containers: leave them out, or Machine")
	}
	for _, name := range sortedKeys(c.state.Containers) {
		where := c.under("State.Containers", name)
		if _, ok := c.files.Meta.Containers[name]; !ok {
			c.undeclared(where, "container", name, "metadata.yaml", names(c.files.Meta.Containers))
		}
		container := c.state.Containers[name]
		if container.Socket != "" && container.Recorded != "" {
			c.problem(where, "it has a Socket and what was Recorded: leave one out")
		}
		c.checkPebble(name, container)
	}
	i := &c.event.info
	_, declared := c.files.Meta.Containers[i.Workload]
	if _, given := c.state.Containers[i.Workload]; declared && !given && c.state.Machine == nil {
		c.problem("the event", "%s is of a container that the state has not: give State.Containers one, %q: {}", i.Name(), i.Workload)
	}
}

func (c *checker) checkStorage() {
	instances := c.state.Storage
	counts := map[string]int{}
	for i, instance := range instances {
		where, name := c.at("State.Storage", i), model.StorageName(instance.ID)
		if !model.ValidStorageID(instance.ID) {
			c.problem(where+".ID", "%q is no instance's id: write the storage's name, a slash and a number, such as \"data/0\"", instance.ID)
			continue
		}
		declared, ok := c.files.Meta.Storage[name]
		if !ok {
			c.undeclared(where+".ID", "storage", name, "metadata.yaml", names(c.files.Meta.Storage))
			continue
		}
		if slices.ContainsFunc(instances[:i], func(other Storage) bool { return other.ID == instance.ID }) {
			c.problem(where+".ID", "%q is there already: write another number", instance.ID)
		}
		if instance.Kind != "" && instance.Kind != declared.Type {
			c.problem(where+".Kind", "metadata.yaml gives %s the type %s, and here it is %q: leave it out", name, declared.Type, instance.Kind)
		}
		counts[name]++
		if _, most := declared.Count(); most != metadata.Unlimited && counts[name] == most+1 {
			c.problem(where, "metadata.yaml lets a unit have %d of %s, and here is one more: leave it out, or change its multiple.range", most, name)
		}
	}
	for _, name := range sortedKeys(counts) {
		if least, _ := c.files.Meta.Storage[name].Count(); counts[name] < least {
			c.problem("State.Storage", "metadata.yaml gives each unit %d of %s at least, and here are %d: give the others too, Pending if they are to come", least, name, counts[name])
		}
	}
}

// checkRest looks at what is short.
func (c *checker) checkRest() {
	s := c.state
	for _, name := range sortedKeys(s.Resources) {
		if _, ok := c.files.Meta.Resources[name]; !ok {
			c.undeclared(c.under("State.Resources", name), "resource", name, "metadata.yaml", names(c.files.Meta.Resources))
		}
	}
	for _, name := range sortedKeys(s.Networks) {
		if !c.files.Meta.HasBinding(name) {
			bindings := append(c.files.Meta.Endpoints(), c.files.Meta.ExtraBindings...)
			c.undeclared(c.under("State.Networks", name), "endpoint or extra binding", name, "metadata.yaml", append(bindings, "juju-info"))
		}
		if s.Networks[name].Bind == "" {
			c.problem(c.under("State.Networks", name)+".Bind", "a network has an address: write one, such as %q", address)
		}
	}
	c.checkPorts()
	c.checkCloud()
	for _, key := range sortedKeys(s.Stored) {
		where := c.under("State.Stored", key)
		switch {
		case key == "" || len(key) > 256:
			c.problem(where, "Juju takes keys of 1 to 256 bytes: write a shorter one")
		case len(s.Stored[key]) > 64<<10:
			c.problem(where, "Juju takes values of 64 KiB: write less")
		case key == deferral.Key && len(s.Deferred) > 0:
			c.problem(where, "the deferred events are in State.Deferred too: leave one out")
		}
	}
	for i, d := range s.Deferred {
		where := c.at("State.Deferred", i)
		if d.Handler == "" {
			c.problem(where+".Handler", "a deferred event is one handler's: write the name that it was registered under")
		}
		switch d.Event.info.Kind {
		case hook.Stop, hook.Remove, hook.RelationBroken, hook.StorageDetaching, hook.SecretRotate, hook.SecretExpired, hook.Action, "":
			c.problem(where+".Event", "%s cannot be deferred: leave it out", d.Event)
		default:
			kind := d.Event.info.Kind
			if !kind.IsRelation() && !kind.IsSecret() && !kind.IsStorage() { // what it was of may be gone
				c.checkEvent(where+".Event", d.Event)
			}
		}
	}
}

func (c *checker) checkPorts() {
	var before []model.Port
	for i, text := range c.state.Ports {
		where := c.at("State.Ports", i)
		port, err := parsePort(text)
		if err != nil {
			c.problem(where, "%v: write one such as \"8080/tcp\", or \"8080/tcp (ENDPOINT)\"", err)
			continue
		}
		if c.state.Machine == nil && (port.Range.From != port.Range.To || port.Range.Protocol == "icmp") {
			c.problem(where, "Kubernetes has neither ranges nor icmp: write single ports, or set Machine")
		}
		if port.Endpoint != "" {
			if _, ok := c.files.Meta.Endpoint(port.Endpoint); !ok {
				c.undeclared(where, "endpoint", port.Endpoint, "metadata.yaml", c.files.Meta.Endpoints())
			}
		}
		for j, other := range before {
			if other == port || other.Endpoint == port.Endpoint && other.Range.Conflicts(port.Range) {
				c.problem(where, "%s is open already, by State.Ports[%d]: leave one out", text, j)
			}
		}
		before = append(before, port)
	}
}

func (c *checker) checkCloud() {
	cloud := c.state.Cloud
	if cloud == nil {
		return
	}
	if !c.state.Trust {
		c.problem("State.Cloud", "a charm sees the cloud only if the operator trusts it: set Trust")
	}
	if c.state.Machine == nil && !c.since(3, 6) {
		c.problem("State.Cloud", "charms on Kubernetes see the cloud since Juju 3.6.10, and State.Version is %s: write a newer one", c.state.Version)
	}
	if kubernetes := cloud.Type == "kubernetes"; kubernetes == (c.state.Machine != nil) && cloud.Type != "" {
		c.problem("State.Cloud.Type", "the cloud is %q, and Machine says otherwise: set it for machines, leave it out for Kubernetes", cloud.Type)
	}
}

// validNoticeKey tells whether Pebble takes the key of a custom notice: a domain, a
// slash and a path.
func validNoticeKey(key string) bool {
	domain, path, ok := strings.Cut(key, "/")
	return ok && path != "" && strings.Contains(domain, ".") && len(key) <= 256 &&
		strings.Trim(domain, "abcdefghijklmnopqrstuvwxyz0123456789.-") == "" &&
		strings.Trim(path, "abcdefghijklmnopqrstuvwxyz0123456789/-") == ""
}
