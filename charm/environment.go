package charm

import "strings"

// Environment is what Juju tells every hook of the place it runs in, whatever
// the event.
type Environment struct {
	Model, ModelUUID string
	// Version is that of the unit's agent.
	Version Version
	// CharmDir is where the charm's files are.
	CharmDir string
	// CloudAPIVersion is the version of the Kubernetes API; on machines empty.
	CloudAPIVersion string
	// MachineID and AvailabilityZone are empty on Kubernetes.
	MachineID, AvailabilityZone string
	// PrincipalUnit is the unit that this one is a subordinate of, or empty.
	PrincipalUnit string
	// APIAddresses are the controller's.
	APIAddresses []string
	// Proxies are those that the model has for charms.
	Proxies Proxies
}

// Proxies are the model's settings juju-http-proxy and so on; Juju leaves it to
// the charm to use them.
type Proxies struct{ HTTP, HTTPS, FTP, None string }

// Environment returns what Juju tells every hook. A version that cannot be parsed
// is the zero one.
func (b *Base) Environment() Environment {
	getenv := b.run.getenv
	version, _ := ParseVersion(getenv("JUJU_VERSION"))
	return Environment{
		Model:            b.run.model,
		ModelUUID:        b.run.modelUUID,
		Version:          version,
		CharmDir:         getenv("JUJU_CHARM_DIR"),
		CloudAPIVersion:  getenv("CLOUD_API_VERSION"),
		MachineID:        getenv("JUJU_MACHINE_ID"),
		AvailabilityZone: getenv("JUJU_AVAILABILITY_ZONE"),
		PrincipalUnit:    getenv("JUJU_PRINCIPAL_UNIT"),
		APIAddresses:     strings.Fields(getenv("JUJU_API_ADDRESSES")),
		Proxies: Proxies{
			HTTP:  getenv("JUJU_CHARM_HTTP_PROXY"),
			HTTPS: getenv("JUJU_CHARM_HTTPS_PROXY"),
			FTP:   getenv("JUJU_CHARM_FTP_PROXY"),
			None:  getenv("JUJU_CHARM_NO_PROXY"),
		},
	}
}

// Version returns the version of Juju that runs the hook.
func (b *Base) Version() Version { return b.Environment().Version }
