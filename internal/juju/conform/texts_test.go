//go:build conformance

package conform

// texts are what tools, the server and the commit say, each in part. All must
// occur in an equal case.
var texts = []string{
	// Common to all tools.
	"option provided but not defined: -", "--format flag deprecated for command", "unrecognized args:", "unknown format",
	`expected "key=value", got`, "specified more than once", "yaml: found invalid Unicode character escape code", "yaml: found unknown escape character",
	"yaml: invalid leading UTF-8 octet", "cannot unmarshal !!seq into string", "cannot unmarshal !!str",
	// Configuration and relations.
	"cannot use argument --all together with key", "no endpoint name specified", "no relation id specified", "relation not found", "invalid relation id",
	"settings not found", "permission denied", "expected unit name, got application name", "invalid unit name", "no unit or application specified", "cannot write relation settings",
	// Status and leadership.
	`invalid status "error", expected one of [maintenance blocked waiting active]`, "invalid args, require <status> [message]", "this unit is not the leader",
	"finding application status: this unit is not the leader", "cannot write leadership settings: cannot write settings: not the leader", "invalid key \"K=V\"",
	"no message specified",
	// Ports and network.
	"port range bounds must be between 0 and 65535, got 99999-99999", `invalid protocol "sctp", expected "tcp", "udp", or "icmp"`, `invalid port "abc": strconv.Atoi: parsing "abc": invalid syntax`,
	"invalid port range 300-200/tcp", "no port or range specified", "port ranges are not supported for k8s applications, please specify a single port", "protocol icmp on caas models not supported",
	`cannot open 150/tcp (unit "myapp/0"): port range conflicts with 100-200/tcp (unit "myapp/0") requested earlier`, `cannot close 150/tcp (unit "myapp/0"): port range conflicts with 100-200/tcp (unit "myapp/0") requested earlier`,
	"cannot open 150/tcp (unit \"myapp/0\"): port range conflicts with 100-200/tcp (unit \"myapp/0\")\n", "cannot close 150/tcp (unit \"myapp/0\"): port range conflicts with 100-200/tcp (unit \"myapp/0\")\n",
	`port range conflicts with 5432/tcp (unit "postgresql/0")`, `cannot close ports 150/tcp: port ranges 100-200/tcp ("myapp/0") and 150/tcp ("myapp/0") conflict`,
	`cannot open/close ports: open port range: endpoint "nosuch" for unit "myapp/0" not found`, `cannot open/close ports: close port range: endpoint "db" for unit "myapp/0" not found`,
	"no network config found for binding", "no addresses attached to space for binding", "no arguments specified", "--primary-address must be the only flag specified", "unknown setting", "no setting specified", "public address not found", "private address not found",
	// Storage and resources.
	"invalid storage attribute", "storage attachment data/9:myapp/0 not found", "invalid storage ID \"bad\"", "no storage instance specified", "only count can be specified for", "filesystem attachment \"1\" on \"unit myapp/0\" not provisioned", "filesystem attachment \"1\" on \"machine 0\" not provisioned", "storage disk/3 not provisioned",
	"adding storage nosuch for unit-myapp-0: storage \"nosuch\" not found", "missing required resource name", "could not download resource: ",
	// Secrets.
	"already exists", "not valid", "missing secret value or filename", "rotate policy \"sometimes\" not valid", "expire time or duration", "negative expire duration", "secret owner", "too large", "no such file or directory",
	"secret key value \"nosuch\" not found", "consumer label \"nosuch\" not found", "secret URI \"secret:nonsense\" not valid", "require either a secret URI or label", "specify one of --peek or --refresh but not both",
	"specify either a secret URI or label but not both", "secret \"nosuch\" not found", "missing secret URI", "unit \"bad\" not valid", "cannot specify unit \"other/0\" in relation to application \"postgresql\"",
	"any unit level grants need to be revoked before granting access to the corresponding application", "missing relation or application or unit", "specify only one of application or unit", "do not specify both relation and app",
	"\"myapp/1\" is not leader of \"myapp\"", "creating secrets: ", "updating secrets: ", "removing secrets: ", "granting secrets access: ", "revoking secrets access: ",
	// State and actions.
	"\"nosuch\" not found", "max allowed key length (256) exceeded", "max allowed value length (65536) exceeded", "max allowed size (40) exceeded",
	"not running an action", "must start and end with lowercase alphanumeric, and contain only lowercase alphanumeric and hyphens", "cannot set reserved action key \"stdout\"", "must be of the form key...=value",
	"juju-reboot is not supported when running an action.",
	// The rest.
	"no version specified", "cannot access cloud credentials: getting model credentials: permission denied", "cannot access cloud credentials: permission denied", "not found in metadata.yaml", "incorrect type \"kvm\" for payload", "status \"bogus\" not supported; expected one of",
	"missing required arguments", "no k8s raw spec specified: pipe k8s raw spec to command, or specify a file with --file", "no k8s spec specified", "is not assigned to a machine", "feature flag \"raw-k8s-spec\" is required",
	// The server.
	"bad request: command not specified", "bad request: Dir is not absolute", "bad request: unknown command: add-metric", "hook tool requires stdin, none supplied",
}
