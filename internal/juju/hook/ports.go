package hook

import (
	"errors"
	"fmt"
	"slices"
	"strings"

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
	if err := c.checkMachine("open", p, stored); err != nil {
		return err
	}
	c.ports.open = append(c.ports.open, p)
	return nil
}

// ClosePort records that a range is closed for an endpoint, or what was opened
// for all if that is empty. Without any open port, on machines those of the other
// units there among them, nothing is recorded.
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
	if err := c.checkMachine("close", p, stored); err != nil {
		return err
	}
	open := len(stored) > 0
	if !open {
		c.model.View(func(s *model.State) { open, _ = s.OpenBeside(c.unit) })
	}
	if open {
		c.ports.close = append(c.ports.close, p)
	}
	return nil
}

// checkMachine refuses a range that overlaps what is open on the unit's machine.
func (c *Context) checkMachine(act string, p model.Port, stored []model.Port) (err error) {
	if c.kind == model.Kubernetes {
		return nil
	}
	if o, found := overlapping(stored, p); found {
		return c.portConflict(act, p, o, "")
	}
	c.model.View(func(s *model.State) {
		if other, taken, found := s.PortBeside(c.unit, p.Range); found {
			err = fmt.Errorf("cannot %s %s (unit %q): port range conflicts with %s (unit %q)", act, p.Range, c.unit, taken, other)
		}
	})
	return err
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

// byEndpoint orders ports: of several endpoints that it refuses Juju names any.
func byEndpoint(ports []model.Port) []model.Port {
	return slices.SortedStableFunc(slices.Values(ports), func(a, b model.Port) int { return strings.Compare(a.Endpoint, b.Endpoint) })
}

// applyTo makes the changes in the model, where checkTransaction has let them
// pass.
func (ch portChanges) applyTo(c *Context, s *model.State) error {
	u := s.Units[c.unit]
	if c.kind == model.Kubernetes {
		ch.apply(u)
		return nil
	}
	ports, err := s.MachinePorts(c.unit, ch.open, ch.close)
	if err == nil {
		u.Ports = ports
	}
	return err
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

// checkTransaction refuses ports for endpoints that the charm does not have, and
// on machines ranges that overlap.
func (ch portChanges) checkTransaction(c *Context, s *model.State) error {
	if len(ch.open)+len(ch.close) == 0 {
		return nil
	}
	app, err := s.Application(c.app)
	if err != nil {
		return err
	}
	if err := ch.checkEndpoints(c, s, app); err != nil || c.kind == model.Kubernetes {
		return err
	}
	_, err = s.MachinePorts(c.unit, ch.open, ch.close)
	return err
}

// checkEndpoints refuses what the charm cannot bind. The implicit juju-info has
// no ports. On machines Juju knows of no endpoint at all when it closes one's
// port and the application has nothing open.
func (ch portChanges) checkEndpoints(c *Context, s *model.State, app *model.Application) error {
	if app.Charm == nil {
		return nil
	}
	whose, known := fmt.Sprintf("application %q", c.app), true
	if c.kind != model.Kubernetes {
		_, open := s.OpenBeside(c.unit)
		whose, known = fmt.Sprintf("unit %q", c.unit), open || len(ch.open)+len(s.Units[c.unit].Ports) > 0
	}
	for i, p := range slices.Concat(byEndpoint(ch.open), byEndpoint(ch.close)) {
		act := "open"
		if i >= len(ch.open) {
			act = "close"
		}
		if p.Endpoint != "" && (!known || p.Endpoint == "juju-info" || !app.Charm.Meta.HasBinding(p.Endpoint)) {
			return fmt.Errorf("cannot open/close ports: %s port range: endpoint %q for %s not found", act, p.Endpoint, whose)
		}
	}
	return nil
}
