package hook

import (
	"strconv"
	"strings"

	"github.com/charmkit/charmkit/internal/juju/model"
)

// Paths are the places that a hook's environment names.
type Paths struct {
	// CharmDir is the charm directory, which is also the working directory.
	CharmDir string
	// ToolsDir holds the hook tools; it comes first in PATH.
	ToolsDir string
	// Socket is the path of the hook tools' socket.
	Socket string
	// AgentPath is the agent's own PATH.
	AgentPath string
	// Kubernetes holds the KUBERNETES_... variables of the agent's own
	// environment, NAME=VALUE.
	Kubernetes []string
}

// defaultNoProxy is the default of the model setting juju-no-proxy.
const defaultNoProxy = "127.0.0.1,localhost,::1"

// Env returns the whole environment of the run, NAME=VALUE: what Juju 3.6.11
// gives a sidecar charm on an Ubuntu base. There is no HOME.
func (c *Context) Env(p Paths) []string {
	vars := c.variables(p)
	env := make([]string, len(vars), len(vars)+len(p.Kubernetes))
	for i, v := range vars {
		env[i] = v.name + "=" + v.value
		if v.name == contextID {
			env[i] += c.ID()
		}
	}
	return append(env, p.Kubernetes...)
}

// Getenv returns a function that reads the environment of the run, without
// making it as a whole.
func (c *Context) Getenv(p Paths) func(string) string {
	vars := c.variables(p)
	return func(name string) string {
		if name == contextID {
			return c.ID()
		}
		for i := range vars {
			if vars[i].name == name {
				return vars[i].value
			}
		}
		return ""
	}
}

// contextID is the name of the variable whose value is made when it is asked for.
const contextID = "JUJU_CONTEXT_ID"

// variable is one of the environment.
type variable struct{ name, value string }

func (c *Context) variables(p Paths) []variable {
	var name, version, cloud, machine, zone, principal string
	var addresses []string
	var settings model.Settings
	c.model.View(func(s *model.State) {
		name, version, cloud, addresses, settings = s.Name, s.Version, s.CloudAPIVersion, s.APIAddresses, s.Settings
		if u := s.Units[c.unit]; u != nil && s.Type == model.Machines {
			machine, zone, principal = u.Machine, u.Zone, u.Principal
		}
	})
	noProxy := settings.Proxy.No
	if noProxy == "" {
		noProxy = defaultNoProxy
	}
	env := []variable{
		{"JUJU_UNIT_NAME", c.unit},
		{"JUJU_MODEL_NAME", name},
		{"JUJU_MODEL_UUID", c.uuid},
		{"JUJU_DISPATCH_PATH", c.info.DispatchPath()},
		{"JUJU_HOOK_NAME", c.info.Name()},
		{contextID, ""},
		{"JUJU_AGENT_SOCKET_ADDRESS", c.socketAddress(p.Socket)},
		{"JUJU_AGENT_SOCKET_NETWORK", "unix"},
		{"JUJU_CHARM_DIR", p.CharmDir},
		{"CHARM_DIR", p.CharmDir},
		{"JUJU_VERSION", version},
		{"JUJU_API_ADDRESSES", strings.Join(addresses, " ")},
		{"JUJU_MACHINE_ID", machine},
		{"JUJU_AVAILABILITY_ZONE", zone},
		{"JUJU_PRINCIPAL_UNIT", principal},
		{"JUJU_SLA", ""},
		{"CLOUD_API_VERSION", cloud},
		{"JUJU_CHARM_HTTP_PROXY", settings.Proxy.HTTP},
		{"JUJU_CHARM_HTTPS_PROXY", settings.Proxy.HTTPS},
		{"JUJU_CHARM_FTP_PROXY", settings.Proxy.FTP},
		{"JUJU_CHARM_NO_PROXY", noProxy},
		{"PATH", p.ToolsDir + ":" + p.AgentPath},
		{"LANG", "C.UTF-8"},
		{"TERM", "tmux-256color"},
		{"DEBIAN_FRONTEND", "noninteractive"},
		{"APT_LISTCHANGES_FRONTEND", "none"},
	}
	env = append(env, legacyProxy(settings.LegacyProxy)...)
	return append(env, c.kindEnv()...)
}

// socketAddress is the path of the socket; before Juju 3.6 the socket is an
// abstract one.
func (c *Context) socketAddress(path string) string {
	if c.release.Before(model.Release{Major: 3, Minor: 6}) {
		return "@" + path
	}
	return path
}

// legacyProxy is set in both cases, as programs differ in which they read.
func legacyProxy(p model.Proxy) []variable {
	var env []variable
	for _, v := range []struct{ name, value string }{
		{"http_proxy", p.HTTP}, {"https_proxy", p.HTTPS}, {"ftp_proxy", p.FTP}, {"no_proxy", p.No},
	} {
		if v.value != "" {
			env = append(env, variable(v), variable{strings.ToUpper(v.name), v.value})
		}
	}
	return env
}

// kindEnv are the variables that only some kinds of hook have.
func (c *Context) kindEnv() []variable {
	i := c.info
	var env []variable
	switch {
	case i.Kind.IsRelation():
		env = append(env,
			variable{"JUJU_RELATION", i.Endpoint},
			variable{"JUJU_RELATION_ID", i.Endpoint + ":" + strconv.Itoa(i.RelationID)},
			variable{"JUJU_REMOTE_UNIT", i.RemoteUnit},
			variable{"JUJU_REMOTE_APP", i.RemoteApp})
		if i.DepartingUnit != "" {
			env = append(env, variable{"JUJU_DEPARTING_UNIT", i.DepartingUnit})
		}
	case i.Kind.IsWorkload():
		env = append(env, variable{"JUJU_WORKLOAD_NAME", i.Workload})
		if i.NoticeID != "" {
			env = append(env, variable{"JUJU_NOTICE_ID", i.NoticeID}, variable{"JUJU_NOTICE_TYPE", i.NoticeType}, variable{"JUJU_NOTICE_KEY", i.NoticeKey})
		}
		if i.CheckName != "" {
			env = append(env, variable{"JUJU_PEBBLE_CHECK_NAME", i.CheckName})
		}
	case i.Kind.IsSecret():
		env = append(env, variable{"JUJU_SECRET_ID", i.SecretURI}, variable{"JUJU_SECRET_LABEL", i.SecretLabel})
		if i.SecretRevision > 0 && (i.Kind == SecretExpired || i.Kind == SecretRemove) {
			env = append(env, variable{"JUJU_SECRET_REVISION", strconv.Itoa(i.SecretRevision)})
		}
	case i.Kind.IsStorage() && i.StorageLocation != "":
		env = append(env, variable{"JUJU_STORAGE_ID", i.StorageID}, variable{"JUJU_STORAGE_KIND", i.StorageKind}, variable{"JUJU_STORAGE_LOCATION", i.StorageLocation})
	case i.Kind == PreSeriesUpgrade:
		env = append(env, variable{"JUJU_TARGET_BASE", i.TargetBase}, variable{"JUJU_TARGET_SERIES", i.TargetSeries})
	case i.Kind == Action:
		env = append(env, variable{"JUJU_ACTION_NAME", i.ActionName}, variable{"JUJU_ACTION_UUID", i.ActionID}, variable{"JUJU_ACTION_TAG", "action-" + i.ActionID})
	}
	return env
}
