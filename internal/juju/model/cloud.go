package model

import (
	"errors"
	"fmt"
)

// Cloud is where a model runs, with what a trusted charm needs to use it.
type Cloud struct {
	// Type is kubernetes, lxd, ec2 and so on.
	Type, Name, Region string
	// Endpoint is the address of the cloud's API.
	Endpoint         string
	IdentityEndpoint string
	StorageEndpoint  string
	// AuthType and Attributes are the credential. On Kubernetes charms get that
	// of their pod's service account: oauth2 with the attribute Token.
	AuthType   string
	Attributes map[string]string
	// CACertificates are PEM.
	CACertificates    []string
	SkipTLSVerify     bool
	IsControllerCloud bool
}

// errNoCluster is what a pod without a service account says.
var errNoCluster = errors.New("reading in-cluster config: unable to load in-cluster configuration, " +
	"KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined")

// CloudFor returns the cloud for an application's units. The operator must have
// trusted the application ([ErrPermission]).
func (s *State) CloudFor(application string) (Cloud, error) {
	a, err := s.Application(application)
	if err != nil {
		return Cloud{}, err
	}
	kubernetes := s.Type != Machines
	switch {
	case kubernetes && s.features().noKubernetesCredentials:
		return Cloud{}, errors.New(`credential-get on a "caas" model not supported`)
	case !a.Trust && kubernetes:
		return Cloud{}, fmt.Errorf("getting model credentials: %w", ErrPermission)
	case !a.Trust:
		return Cloud{}, ErrPermission
	case s.Cloud == nil && kubernetes:
		return Cloud{}, errNoCluster
	case s.Cloud == nil:
		return Cloud{}, nil
	}
	return *s.Cloud, nil
}
