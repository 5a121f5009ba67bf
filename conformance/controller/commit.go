package controller

import (
	"fmt"
	"maps"
	"strings"

	"github.com/juju/errors"

	"github.com/juju/juju/controller"
	"github.com/juju/juju/core/quota"
	"github.com/juju/juju/feature"
	"github.com/juju/juju/mongo/utils"
	"github.com/juju/juju/rpc/params"
)

// secretsFacade is what the commit uses of Juju's own SecretsManager.
type secretsFacade interface {
	CreateSecrets(params.CreateSecretArgs) (params.StringResults, error)
	UpdateSecrets(params.UpdateSecretArgs) (params.ErrorResults, error)
	UpdateTrackedRevisions([]string) (params.ErrorResults, error)
	SecretsGrant(params.GrantRevokeSecretArgs) (params.ErrorResults, error)
	SecretsRevoke(params.GrantRevokeSecretArgs) (params.ErrorResults, error)
	RemoveSecrets(params.DeleteSecretArgs) (params.ErrorResults, error)
}

// CommitHookChanges follows commitHookChangesForOneUnit: the checks that come
// with the arguments, the secrets one by one, and then one transaction.
func (u *uniter) CommitHookChanges(args params.CommitHookChangesArgs) params.ErrorResults {
	return one(u.commit(args.Args[0]))
}

func (u *uniter) commit(changes params.CommitHookChangesArg) error {
	for _, rus := range changes.RelationUnitSettings {
		if _, _, err := u.relation(rus.Relation); err != nil {
			return errors.Trace(err)
		}
	}
	for _, p := range changes.OpenPorts {
		if u.World.Type == "caas" && p.Protocol == "icmp" {
			return errors.NotSupportedf("protocol icmp on caas models")
		}
	}
	for _, s := range changes.AddStorage {
		if err := u.checkStorage(s); err != nil {
			return errors.Annotatef(err, "adding storage %v for %v", s.StorageName, s.UnitTag)
		}
	}
	if changes.SetPodSpec != nil && changes.SetRawK8sSpec != nil {
		return errors.NewForbidden(nil, "either SetPodSpec or SetRawK8sSpec can be set for each application, but not both")
	}
	if changes.SetRawK8sSpec != nil {
		// No controller of a script has the feature.
		return errors.NewNotSupported(nil, fmt.Sprintf("feature flag %q is required for setting raw k8s spec", feature.RawK8sSpec))
	}
	if err := u.commitSecrets(changes); err != nil {
		return err
	}
	if err := u.checkTransaction(changes); err != nil {
		return errors.Trace(err)
	}
	u.transact(changes)
	return nil
}

func (u *uniter) commitSecrets(changes params.CommitHookChangesArg) error {
	if len(changes.SecretCreates) > 0 {
		result, err := u.secrets.CreateSecrets(params.CreateSecretArgs{Args: changes.SecretCreates})
		var texts []string
		for _, r := range result.Results {
			if r.Error != nil {
				texts = append(texts, r.Error.Error())
			}
		}
		if err == nil && texts != nil {
			err = errors.New(strings.Join(texts, "\n"))
		}
		if err != nil {
			return errors.Annotate(err, "creating secrets")
		}
	}
	combined := func(what string, result params.ErrorResults, err error) error {
		if err == nil {
			err = result.Combine()
		}
		return errors.Annotate(err, what)
	}
	if len(changes.SecretUpdates) > 0 {
		result, err := u.secrets.UpdateSecrets(params.UpdateSecretArgs{Args: changes.SecretUpdates})
		if err := combined("updating secrets", result, err); err != nil {
			return err
		}
	}
	if len(changes.TrackLatest) > 0 {
		result, err := u.secrets.UpdateTrackedRevisions(changes.TrackLatest)
		if err := combined("updating secret tracked revisions", result, err); err != nil {
			return err
		}
	}
	if len(changes.SecretGrants) > 0 {
		result, err := u.secrets.SecretsGrant(params.GrantRevokeSecretArgs{Args: changes.SecretGrants})
		if err := combined("granting secrets access", result, err); err != nil {
			return err
		}
	}
	if len(changes.SecretRevokes) > 0 {
		result, err := u.secrets.SecretsRevoke(params.GrantRevokeSecretArgs{Args: changes.SecretRevokes})
		if err := combined("revoking secrets access", result, err); err != nil {
			return err
		}
	}
	if len(changes.SecretDeletes) == 0 {
		return nil
	}
	result, err := u.secrets.RemoveSecrets(params.DeleteSecretArgs{Args: changes.SecretDeletes})
	for _, r := range result.Results {
		if err == nil && r.Error != nil && !params.IsCodeNotFound(r.Error) {
			err = result.Combine()
		}
	}
	return errors.Annotate(err, "removing secrets")
}

// checkTransaction is what the operations of the transaction refuse when they
// are built, in their order.
func (u *uniter) checkTransaction(changes params.CommitHookChangesArg) error {
	for _, rus := range changes.RelationUnitSettings {
		if len(rus.ApplicationSettings) == 0 {
			continue
		}
		if err := u.LeadershipCheck(applicationOf(u.name), u.name).Check(); err != nil {
			return errors.Annotatef(err, "checking leadership continuity")
		}
	}
	if len(changes.OpenPorts)+len(changes.ClosePorts) > 0 {
		if err := u.checkPorts(changes); err != nil {
			return err
		}
	}
	if s := changes.SetUnitState; s != nil && s.CharmState != nil {
		limit := u.World.MaxCharmStateSize
		if limit == 0 {
			limit = controller.DefaultMaxCharmStateSize
		}
		check := quota.NewMultiChecker(
			quota.NewMapKeyValueSizeChecker(quota.MaxCharmStateKeySize, quota.MaxCharmStateValueSize),
			quota.NewBSONTotalSizeChecker(limit),
		)
		escaped := map[string]string{}
		for key, value := range *s.CharmState {
			escaped[utils.EscapeKey(key)] = value
		}
		check.Check(escaped)
		// Only what changes is checked, and an empty state is just dropped.
		unchanged := len(escaped) == 0 || maps.Equal(*s.CharmState, u.own().State)
		if err := check.Outcome(); err != nil && !unchanged {
			return errors.Annotatef(err, "persisting charm state")
		}
	}
	if err := u.checkCounts(changes.AddStorage); err != nil {
		return err
	}
	if s := changes.SetPodSpec; s != nil && s.Spec != nil && u.app().Files["manifest.yaml"] != "" {
		return errors.New("cannot set k8s spec on a v2 charm")
	}
	return nil
}

func (u *uniter) transact(changes params.CommitHookChangesArg) {
	if changes.UpdateNetworkInfo {
		u.refreshNetwork()
	}
	for _, rus := range changes.RelationUnitSettings {
		_, r, err := u.relation(rus.Relation)
		if err != nil {
			continue
		}
		app := applicationOf(u.name)
		if len(rus.ApplicationSettings) > 0 {
			data := r.AppData[app]
			merge(&data, rus.ApplicationSettings)
			put(&r.AppData, app, data)
		}
		merge(&r.Units[u.name].Data, rus.Settings)
	}
	u.changePorts(changes)
	if s := changes.SetUnitState; s != nil && s.CharmState != nil {
		u.own().State = maps.Clone(*s.CharmState)
	}
	for _, s := range changes.AddStorage {
		u.addStorage(s)
	}
	if s := changes.SetPodSpec; s != nil {
		u.app().HasSpec = true
		if s.Spec != nil {
			u.app().PodSpec = *s.Spec
		}
	}
}
