package controller

import (
	"fmt"

	"github.com/juju/charm/v12"
	"github.com/juju/errors"
	"github.com/juju/names/v5"

	apiservererrors "github.com/juju/juju/apiserver/errors"
	"github.com/juju/juju/charmkit-conformance/script"
	"github.com/juju/juju/core/life"
	"github.com/juju/juju/environs/config"
	"github.com/juju/juju/rpc/params"
)

// uniter is the facade Uniter for one unit's agent.
type uniter struct {
	*Controller
	name    string
	secrets secretsFacade
}

func (u *uniter) app() *script.Application { return u.World.Applications[applicationOf(u.name)] }
func (u *uniter) own() *script.Unit        { return u.World.Units[u.name] }

func lifeOf(value string) life.Value {
	if value == "" {
		return life.Alive
	}
	return life.Value(value)
}

func (u *uniter) CurrentModel() params.ModelResult {
	return params.ModelResult{Name: u.World.Name, UUID: u.World.UUID, Type: u.World.Type}
}

func (u *uniter) ModelConfig() (params.ModelConfigResult, error) {
	p, l := u.World.Proxy, u.World.LegacyProxy
	attributes := map[string]any{
		"name": u.World.Name, "uuid": u.World.UUID, "type": "kubernetes",
		"juju-http-proxy": p.HTTP, "juju-https-proxy": p.HTTPS, "juju-ftp-proxy": p.FTP,
		"http-proxy": l.HTTP, "https-proxy": l.HTTPS, "ftp-proxy": l.FTP,
		"no-proxy": l.No, "secret-backend": "auto",
	}
	if p.No != "" {
		attributes["juju-no-proxy"] = p.No
	}
	cfg, err := config.New(config.UseDefaults, attributes)
	if err != nil {
		return params.ModelConfigResult{}, err
	}
	return params.ModelConfigResult{Config: cfg.AllAttrs()}, nil
}

func (u *uniter) APIAddresses() params.StringsResult {
	return params.StringsResult{Result: u.World.APIAddresses}
}

func (u *uniter) SLALevel() params.StringResult { return params.StringResult{} }

func (u *uniter) CloudAPIVersion() params.StringResult {
	return params.StringResult{Result: u.World.CloudAPIVersion}
}

func (u *uniter) Life(args params.Entities) params.LifeResults {
	return params.LifeResults{Results: []params.LifeResult{{Life: life.Alive}}}
}

func (u *uniter) Refresh(args params.Entities) params.UnitRefreshResults {
	return params.UnitRefreshResults{Results: []params.UnitRefreshResult{{
		Life: lifeOf(u.own().Life), Resolved: params.ResolvedNone,
	}}}
}

func (u *uniter) GetPrincipal(params.Entities) params.StringBoolResults {
	principal := u.own().Principal
	if principal == "" {
		return params.StringBoolResults{Results: []params.StringBoolResult{{}}}
	}
	return params.StringBoolResults{Results: []params.StringBoolResult{{Result: names.NewUnitTag(principal).String(), Ok: true}}}
}

func (u *uniter) AssignedMachine(params.Entities) params.StringResults {
	if u.World.Type == "caas" {
		err := errors.NewNotAssigned(nil, fmt.Sprintf("unit %q is not assigned to a machine", u.name))
		return params.StringResults{Results: []params.StringResult{{Error: apiservererrors.ServerError(err)}}}
	}
	return params.StringResults{Results: []params.StringResult{{Result: names.NewMachineTag(u.own().Machine).String()}}}
}

func (u *uniter) AvailabilityZone(params.Entities) params.StringResults {
	return params.StringResults{Results: []params.StringResult{{Result: u.own().Zone}}}
}

func (u *uniter) ConfigSettings(params.Entities) params.ConfigSettingsResults {
	settings, err := u.settings(applicationOf(u.name))
	return params.ConfigSettingsResults{Results: []params.ConfigSettingsResult{{
		Settings: params.ConfigSettings(settings), Error: apiservererrors.ServerError(err),
	}}}
}

// settings merges the defaults and what the operator set, with Juju's parser.
func (c *Controller) settings(application string) (charm.Settings, error) {
	f := c.charms[application]
	if f == nil {
		return charm.Settings{}, nil
	}
	set, err := f.config.ParseSettingsStrings(c.World.Applications[application].Config)
	if err != nil {
		return nil, err
	}
	settings := f.config.DefaultSettings()
	for name, value := range set {
		settings[name] = value
	}
	return settings, nil
}

func (u *uniter) LogActionsMessages(args params.ActionMessageParams) params.ErrorResults {
	results := params.ErrorResults{Results: make([]params.ErrorResult, len(args.Messages))}
	for i, m := range args.Messages {
		a, err := u.action(m.Tag)
		if err == nil {
			a.Log = append(a.Log, m.Value)
		}
		results.Results[i].Error = apiservererrors.ServerError(err)
	}
	return results
}

func (u *uniter) action(tag string) (*script.Action, error) {
	t, err := names.ParseActionTag(tag)
	if err != nil {
		return nil, err
	}
	if a, ok := u.World.Actions[t.Id()]; ok {
		return a, nil
	}
	return nil, errors.NotFoundf("action %q", t.Id())
}

func (u *uniter) BeginActions(args params.Entities) params.ErrorResults {
	a, err := u.action(args.Entities[0].Tag)
	if err == nil {
		a.Status = "running"
	}
	return one(err)
}

func (u *uniter) FinishActions(args params.ActionExecutionResults) params.ErrorResults {
	r := args.Results[0]
	a, err := u.action(r.ActionTag)
	if err == nil {
		a.Status, a.Message, a.Results = r.Status, r.Message, r.Results
	}
	return one(err)
}

func one(err error) params.ErrorResults {
	return params.ErrorResults{Results: []params.ErrorResult{{Error: apiservererrors.ServerError(err)}}}
}

func (u *uniter) WorkloadVersion(params.Entities) params.StringResults {
	return params.StringResults{Results: []params.StringResult{{Result: u.own().WorkloadVersion}}}
}

func (u *uniter) SetWorkloadVersion(args params.EntityWorkloadVersions) params.ErrorResults {
	u.own().WorkloadVersion = args.Entities[0].WorkloadVersion
	return one(nil)
}

func (u *uniter) State(params.Entities) params.UnitStateResults {
	return params.UnitStateResults{Results: []params.UnitStateResult{{CharmState: u.own().State}}}
}

func (u *uniter) RequestReboot(params.Entities) params.ErrorResults {
	return one(nil)
}

func (u *uniter) Merge(args params.MergeLeadershipSettingsBulkParams) params.ErrorResults {
	if !u.isLeader(u.name) {
		return one(apiservererrors.ErrPerm)
	}
	merge(&u.app().LeaderSettings, args.Params[0].Settings)
	return one(nil)
}

func (u *uniter) Read(params.Entities) params.GetLeadershipSettingsBulkResults {
	return params.GetLeadershipSettingsBulkResults{Results: []params.GetLeadershipSettingsResult{{
		Settings: u.app().LeaderSettings,
	}}}
}

func (u *uniter) GetPodSpec(params.Entities) params.StringResults { return u.spec(u.app().PodSpec) }

func (u *uniter) GetRawK8sSpec(params.Entities) params.StringResults { return u.spec(u.app().RawSpec) }

func (u *uniter) spec(text string) params.StringResults {
	if u.app().HasSpec {
		return params.StringResults{Results: []params.StringResult{{Result: text}}}
	}
	err := errors.NotFoundf("k8s spec for application %s", applicationOf(u.name))
	return params.StringResults{Results: []params.StringResult{{Error: apiservererrors.ServerError(err)}}}
}

func (u *uniter) CloudSpec() params.CloudSpecResult {
	if !u.app().Trust {
		return params.CloudSpecResult{Error: apiservererrors.ServerError(apiservererrors.ErrPerm)}
	}
	c := u.World.Cloud
	if c == nil {
		c = &script.Cloud{Type: "kubernetes", Name: "k8s", AuthType: "oauth2"}
	}
	return params.CloudSpecResult{Result: &params.CloudSpec{
		Type: c.Type, Name: c.Name, Region: c.Region, Endpoint: c.Endpoint,
		Credential: &params.CloudCredential{AuthType: c.AuthType, Attributes: c.Attributes},
	}}
}
