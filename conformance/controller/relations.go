package controller

import (
	"maps"

	"github.com/juju/errors"
	"github.com/juju/names/v5"

	apiservererrors "github.com/juju/juju/apiserver/errors"
	"github.com/juju/juju/charmkit-conformance/script"
	"github.com/juju/juju/rpc/params"
)

func (u *uniter) relation(tag string) (int, *script.Relation, error) {
	t, err := names.ParseRelationTag(tag)
	if err != nil {
		return 0, nil, apiservererrors.ErrPerm
	}
	id, r := u.relationByKey(t.Id())
	if r == nil {
		return 0, nil, apiservererrors.ErrPerm
	}
	return id, r, nil
}

func (u *uniter) relationResult(id int, r *script.Relation) (params.RelationResultV2, error) {
	ep := endpoint(r, applicationOf(u.name))
	if ep == nil {
		return params.RelationResultV2{}, apiservererrors.ErrPerm
	}
	model := r.ModelUUID
	if model == "" {
		model = u.World.UUID
	}
	return params.RelationResultV2{
		Id: id, Key: Key(r), Life: lifeOf(r.Life), Suspended: r.Suspended,
		Endpoint: params.Endpoint{ApplicationName: ep.Application, Relation: params.CharmRelation{
			Name: ep.Name, Role: ep.Role, Interface: ep.Interface, Scope: "global",
		}},
		OtherApplication: params.RelatedApplicationDetails{
			ApplicationName: remote(r, applicationOf(u.name)), ModelUUID: model,
		},
	}, nil
}

func (u *uniter) Relation(args params.RelationUnits) params.RelationResultsV2 {
	id, r, err := u.relation(args.RelationUnits[0].Relation)
	var result params.RelationResultV2
	if err == nil {
		result, err = u.relationResult(id, r)
	}
	result.Error = apiservererrors.ServerError(err)
	return params.RelationResultsV2{Results: []params.RelationResultV2{result}}
}

func settingsResult(settings map[string]string, err error) params.SettingsResults {
	if settings == nil && err == nil {
		settings = map[string]string{} // convertRelationSettings makes one
	}
	return params.SettingsResults{Results: []params.SettingsResult{{
		Settings: settings, Error: apiservererrors.ServerError(err),
	}}}
}

func (u *uniter) ReadSettings(args params.RelationUnits) params.SettingsResults {
	_, r, err := u.relation(args.RelationUnits[0].Relation)
	if err != nil {
		return settingsResult(nil, err)
	}
	ru, ok := r.Units[u.name]
	if !ok {
		return settingsResult(nil, errors.Annotatef(errors.NotFoundf("settings"), "unit %q", u.name))
	}
	return settingsResult(ru.Data, nil)
}

func (u *uniter) ReadLocalApplicationSettings(arg params.RelationUnit) (params.SettingsResult, error) {
	var result params.SettingsResult
	_, r, err := u.relation(arg.Relation)
	if err != nil {
		return result, err
	}
	if !isPeer(r) && !u.isLeader(u.name) {
		return result, apiservererrors.ErrPerm
	}
	result.Settings = maps.Clone(r.AppData[applicationOf(u.name)])
	if result.Settings == nil {
		result.Settings = map[string]string{}
	}
	return result, nil
}

func (u *uniter) ReadRemoteSettings(args params.RelationUnitPairs) params.SettingsResults {
	arg := args.RelationUnitPairs[0]
	_, r, err := u.relation(arg.Relation)
	if err != nil {
		return settingsResult(nil, err)
	}
	tag, err := names.ParseTag(arg.RemoteUnit)
	if err != nil {
		return settingsResult(nil, apiservererrors.ErrPerm)
	}
	if tag.Kind() == names.ApplicationTagKind {
		// Related to the local application: the other side, or oneself in a
		// peer relation.
		if remote(r, applicationOf(u.name)) != tag.Id() {
			return settingsResult(nil, apiservererrors.ErrPerm)
		}
		return settingsResult(r.AppData[tag.Id()], nil)
	}
	if tag.Id() == u.name || endpoint(r, applicationOf(tag.Id())) == nil {
		return settingsResult(nil, apiservererrors.ErrPerm)
	}
	ru, ok := r.Units[tag.Id()]
	if !ok {
		err := errors.Annotatef(errors.NotFoundf("settings"), "unit %q", tag.Id())
		return settingsResult(nil, errors.Annotatef(err, "cannot read settings for unit %q in relation %q", tag.Id(), Key(r)))
	}
	return settingsResult(ru.Data, nil)
}
