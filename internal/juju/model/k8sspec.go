package model

import "errors"

// ErrNoSpec says that a sidecar charm cannot have a specification of its pods.
var ErrNoSpec = errors.New("cannot set k8s spec on a v2 charm")

// K8sSpec is what the charms before sidecar charms set; one of the two is empty.
// Juju 4.0 has none.
type K8sSpec struct {
	Pod, Raw string
}

// ErrNoK8sSpec says that an application has no specification yet.
var ErrNoK8sSpec = errors.New("no k8s spec")

// K8sSpecOf returns an application's specification. It has one after an upgrade
// of its charm, or once its leader set one; before, there is [ErrNoK8sSpec].
func (s *State) K8sSpecOf(application string) (K8sSpec, error) {
	if s.Type == Machines {
		return K8sSpec{}, errors.New("called CAASModel() on a non-CAAS Model not supported")
	}
	if a, ok := s.Applications[application]; ok && a.K8sSpec != nil {
		return *a.K8sSpec, nil
	}
	return K8sSpec{}, ErrNoK8sSpec
}

// SetK8sSpec sets an application's specification. A sidecar charm has none.
func (s *State) SetK8sSpec(application string, spec K8sSpec) error {
	a, err := s.Application(application)
	if err != nil {
		return err
	}
	if a.Charm != nil && a.Charm.FormatV2() {
		return ErrNoSpec
	}
	a.K8sSpec = &spec
	return nil
}

// CountUpgrade notes that a leader's upgrade-charm succeeded on Kubernetes.
func (s *State) CountUpgrade(application string) {
	if a, ok := s.Applications[application]; ok && a.K8sSpec == nil {
		a.K8sSpec = &K8sSpec{}
	}
}
