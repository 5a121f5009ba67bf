package hook

import (
	"errors"
	"fmt"
	"slices"

	"github.com/charmkit/charmkit/internal/juju/model"
)

// errNoPortRanges is what Juju says to ranges on Kubernetes.
var errNoPortRanges = errors.New("port ranges are not supported for k8s applications, please specify a single port")

// portChanges are the recorded openings and closings; an endpoint's range is in
// one of them at most.
type portChanges struct {
	open, close []model.Port
}

// OpenPort records that a range is open for an endpoint, or for all if that is
// empty. On machines it must not overlap another one.
func (c *Context) OpenPort(p model.Port) error {
	if err := c.checkRange(p.Range); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if i := slices.Index(c.ports.close, p); i >= 0 {
		c.ports.close = slices.Delete(c.ports.close, i, i+1)
	}
	if slices.Contains(c.ports.open, p) {
		return nil
	}
	if o, found := overlapping(c.ports.open, p); found {
		return c.portConflict("open", p, o, " requested earlier")
	}
	stored := c.storedPorts()
	if slices.Contains(stored, p) {
		return nil
	}
	if o, found := overlapping(stored, p); found && c.kind != model.Kubernetes {
		return c.portConflict("open", p, o, "")
	}
	c.ports.open = append(c.ports.open, p)
	return nil
}

// ClosePort records that a range is closed for an endpoint, or what was opened
// for all if that is empty. A unit without open ports records nothing.
func (c *Context) ClosePort(p model.Port) error {
	if err := c.checkRange(p.Range); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if i := slices.Index(c.ports.open, p); i >= 0 {
		c.ports.open = slices.Delete(c.ports.open, i, i+1)
	}
	if slices.Contains(c.ports.close, p) {
		return nil
	}
	if o, found := overlapping(c.ports.close, p); found {
		return c.portConflict("close", p, o, " requested earlier")
	}
	stored := c.storedPorts()
	if o, found := overlapping(stored, p); found && c.kind != model.Kubernetes {
		return c.portConflict("close", p, o, "")
	}
	if len(stored) > 0 {
		c.ports.close = append(c.ports.close, p)
	}
	return nil
}

// overlapping finds a range that shares ports with p and is not the same.
func overlapping(ports []model.Port, p model.Port) (model.Port, bool) {
	i := slices.IndexFunc(ports, func(o model.Port) bool { return o.Range != p.Range && o.Range.Conflicts(p.Range) })
	if i < 0 {
		return model.Port{}, false
	}
	return ports[i], true
}

func (c *Context) portConflict(act string, p, o model.Port, when string) error {
	return fmt.Errorf("cannot %s %s (unit %q): port range conflicts with %s (unit %q)%s", act, p.Range, c.unit, o.Range, c.unit, when)
}

func (c *Context) checkRange(r model.PortRange) error {
	if c.kind == model.Kubernetes && r.From != r.To {
		return errNoPortRanges
	}
	return nil
}

// OpenedPorts returns the unit's open ports with this hook's changes.
func (c *Context) OpenedPorts() []model.Port {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.openedPorts()
}

func (c *Context) openedPorts() []model.Port {
	u := model.Unit{Ports: c.storedPorts()}
	c.ports.apply(&u)
	return u.Ports
}

// storedPorts are the unit's open ports without this hook's changes.
func (c *Context) storedPorts() (ports []model.Port) {
	c.model.View(func(s *model.State) {
		if u, err := s.Unit(c.unit); err == nil {
			ports = slices.Clone(u.Ports)
		}
	})
	return ports
}

func (ch portChanges) apply(u *model.Unit) {
	for _, p := range ch.open {
		u.OpenPort(p)
	}
	for _, p := range ch.close {
		u.ClosePort(p)
	}
}

// check refuses what the controller refuses unseen.
func (ch portChanges) check(c *Context) error {
	for _, p := range ch.open {
		if p.Range.Protocol == "icmp" && c.kind == model.Kubernetes {
			return errors.New("protocol icmp on caas models not supported")
		}
	}
	return nil
}

// checkEndpoints refuses ports for endpoints that the charm does not have. The
// implicit juju-info has no ports.
func (ch portChanges) checkEndpoints(c *Context, s *model.State) error {
	app, err := s.Application(c.app)
	if err != nil || app.Charm == nil {
		return err
	}
	for i, p := range slices.Concat(ch.open, ch.close) {
		if p.Endpoint != "" && (p.Endpoint == "juju-info" || !app.Charm.Meta.HasBinding(p.Endpoint)) {
			act := "open"
			if i >= len(ch.open) {
				act = "close"
			}
			return fmt.Errorf("cannot open/close ports: %s port range: endpoint %q for application %q not found", act, p.Endpoint, c.app)
		}
	}
	return nil
}
