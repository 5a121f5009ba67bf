package hook

import (
	"errors"

	"github.com/charmkit/charmkit/internal/juju/model"
)

// errSpecs is Juju's answer to two kinds of specification in one hook.
var errSpecs = errors.New("either k8s-spec-set or k8s-raw-set can be run for each application, but not both")

// errRawSpec is what the controller says unless its feature flag is set.
var errRawSpec = errors.New(`feature flag "raw-k8s-spec" is required for setting raw k8s spec`)

// K8sSpec returns the application's specification of its pods, as stored.
func (c *Context) K8sSpec() (spec model.K8sSpec, err error) {
	c.model.View(func(s *model.State) { spec, err = s.K8sSpecOf(c.app) })
	return spec, err
}

// SetPodSpec records a specification in Juju's form. Only the leader may
// ([ErrNotLeader]).
func (c *Context) SetPodSpec(spec string) error { return c.setSpec(&c.podSpec, spec) }

// SetRawSpec records a specification in Kubernetes' form. Only the leader may
// ([ErrNotLeader]).
func (c *Context) SetRawSpec(spec string) error { return c.setSpec(&c.rawSpec, spec) }

func (c *Context) setSpec(to **string, spec string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.isLeader() {
		return ErrNotLeader
	}
	*to = &spec
	return nil
}

// checkSpecs is what the agent and the controller check before everything else.
func (c *Context) checkSpecs(s *model.State) error {
	switch {
	case c.kind != model.Kubernetes || c.podSpec == nil && c.rawSpec == nil:
		return nil
	case c.podSpec != nil && c.rawSpec != nil:
		return errSpecs
	case !c.isLeaderNow(s):
		return ErrNotLeader
	case c.rawSpec != nil && !s.Settings.RawK8sSpec:
		return errRawSpec
	}
	return nil
}

// isLeaderNow is isLeader while the model is held.
func (c *Context) isLeaderNow(s *model.State) bool {
	c.lostLead = c.lostLead || !s.IsLeader(c.unit)
	return !c.lostLead
}

// applySpecs sets the specification, or counts an upgrade without one.
func (c *Context) applySpecs(s *model.State) error {
	switch {
	case c.kind != model.Kubernetes:
	case c.podSpec != nil:
		return s.SetK8sSpec(c.app, model.K8sSpec{Pod: *c.podSpec})
	case c.rawSpec != nil:
		return s.SetK8sSpec(c.app, model.K8sSpec{Raw: *c.rawSpec})
	case c.info.Kind == UpgradeCharm && c.isLeaderNow(s):
		s.CountUpgrade(c.app)
	}
	return nil
}
