package tools

import (
	"maps"
	"slices"

	"github.com/charmkit/charmkit/internal/juju/model"
)

// The releases in which tools came or went. Source: Juju 3.5-beta1, 3.6.11 and
// 4.0. add-metric, which 3.5 had for hooks that never ran, is left out.
var (
	juju36 = model.Release{Major: 3, Minor: 6}
	juju4  = model.Release{Major: 4, Minor: 0}
)

// tool is one row of the table of tools.
type tool struct {
	make func(*call) command
	// args and purpose are what --help says.
	args, purpose string
	// since and until are the releases that have the tool: from since on, before
	// until. Without them it is in all.
	since, until model.Release
}

// in reports whether a release has the tool.
func (t tool) in(r model.Release) bool {
	return !r.Before(t.since) && (t.until == model.Release{} || r.Before(t.until))
}

// table holds every tool. It is never changed.
var table = map[string]tool{
	"action-fail":             {make: newActionFail, args: "[MESSAGE]", purpose: "Fail the action, with a reason."},
	"action-get":              {make: newActionGet, args: "[KEY[.KEY...]]", purpose: "Print the action's parameters."},
	"action-log":              {make: newActionLog, args: "MESSAGE ...", purpose: "Report the action's progress."},
	"action-set":              {make: newActionSet, args: "KEY[.KEY...]=VALUE ...", purpose: "Set results of the action."},
	"application-version-set": {make: newVersionSet, args: "VERSION", purpose: "Set the version of the workload."},
	"close-port":              {make: newClosePort, args: portSyntax, purpose: "Close a port or a range of ports."},
	"config-get":              {make: newConfigGet, args: "[KEY]", purpose: "Print the application's configuration."},
	"credential-get":          {make: newCredentialGet, purpose: "Print how to reach the cloud, with its credential."},
	"goal-state":              {make: newGoalState, purpose: "Print what units and relations are to be."},
	"is-leader":               {make: newIsLeader, purpose: "Print whether the unit is the leader."},
	"juju-log":                {make: newLog, args: "MESSAGE ...", purpose: "Write to the model's log."},
	"juju-reboot":             {make: newReboot, purpose: "Reboot the machine."},
	"k8s-raw-get":             {make: newK8sRawGet, purpose: "Print the application's raw Kubernetes specification.", until: juju4},
	"k8s-raw-set":             {make: newK8sRawSet, purpose: "Set the application's raw Kubernetes specification.", until: juju4},
	"k8s-spec-get":            {make: newK8sSpecGet, purpose: "Print the application's specification of its pods.", until: juju4},
	"k8s-spec-set":            {make: newK8sSpecSet, purpose: "Set the application's specification of its pods.", until: juju4},
	"leader-get":              {make: newLeaderGet, args: "[KEY|-]", purpose: "Print leadership settings.", until: juju4},
	"leader-set":              {make: newLeaderSet, args: "KEY=VALUE ...", purpose: "Write leadership settings.", until: juju4},
	"network-get":             {make: newNetworkGet, args: "BINDING", purpose: "Print the addresses of a binding."},
	"open-port":               {make: newOpenPort, args: portSyntax, purpose: "Open a port or a range of ports."},
	"opened-ports":            {make: newOpenedPorts, purpose: "Print the unit's open ports."},
	"payload-register":        {make: newPayloadRegister, args: "TYPE CLASS ID [LABEL...]", purpose: "Tell Juju of a payload.", until: juju4},
	"payload-status-set":      {make: newPayloadStatusSet, args: "CLASS ID STATUS", purpose: "Change the status of a payload.", until: juju4},
	"payload-unregister":      {make: newPayloadUnregister, args: "CLASS ID", purpose: "Make Juju forget a payload.", until: juju4},
	"pod-spec-get":            {make: newK8sSpecGet, purpose: "Print the application's specification of its pods (deprecated).", until: juju4},
	"pod-spec-set":            {make: newK8sSpecSet, purpose: "Set the application's specification of its pods (deprecated).", until: juju4},
	"relation-get":            {make: newRelationGet, args: "[KEY|-] [UNIT|APPLICATION]", purpose: "Print a databag of a relation."},
	"relation-ids":            {make: newRelationIDs, args: "[ENDPOINT]", purpose: "Print the relations of an endpoint."},
	"relation-list":           {make: newRelationList, purpose: "Print the remote units of a relation."},
	"relation-model-get":      {make: newRelationModelGet, purpose: "Print the model of a relation's other side.", since: juju36},
	"relation-set":            {make: newRelationSet, args: "KEY=VALUE ...", purpose: "Write a databag of a relation."},
	"resource-get":            {make: newResourceGet, args: "NAME", purpose: "Print the path of a resource."},
	"secret-add":              {make: newSecretAdd, args: secretSyntax, purpose: "Add a secret."},
	"secret-get":              {make: newSecretGet, args: "[URI] [KEY[#base64]]", purpose: "Print the content of a secret."},
	"secret-grant":            {make: newSecretGrant, args: "URI", purpose: "Let the other side of a relation read a secret."},
	"secret-ids":              {make: newSecretIDs, purpose: "Print the ids of the secrets that the unit manages."},
	"secret-info-get":         {make: newSecretInfo, args: "[URI]", purpose: "Print the metadata of a secret."},
	"secret-remove":           {make: newSecretRemove, args: "URI", purpose: "Remove a secret or a revision of it."},
	"secret-revoke":           {make: newSecretRevoke, args: "URI", purpose: "Take the access to a secret away."},
	"secret-set":              {make: newSecretSet, args: "URI " + secretSyntax, purpose: "Change a secret."},
	"state-delete":            {make: newStateDelete, args: "KEY", purpose: "Delete a value of the unit's state."},
	"state-get":               {make: newStateGet, args: "[KEY|-]", purpose: "Print the unit's state."},
	"state-set":               {make: newStateSet, args: "KEY=VALUE ...", purpose: "Set values of the unit's state."},
	"status-get":              {make: newStatusGet, purpose: "Print the status."},
	"status-set":              {make: newStatusSet, args: "STATUS [MESSAGE]", purpose: "Set the status."},
	"storage-add":             {make: newStorageAdd, args: "NAME[=COUNT] ...", purpose: "Add storage instances to the unit."},
	"storage-get":             {make: newStorageGet, args: "[KEY]", purpose: "Print what is known of a storage instance."},
	"storage-list":            {make: newStorageList, args: "[NAME]", purpose: "Print the unit's storage instances."},
	"unit-get":                {make: newUnitGet, args: "private-address|public-address", purpose: "Print an address of the unit."},
}

// Names returns the names of all tools of [model.JujuVersion], sorted.
func Names() []string { return NamesIn(model.JujuVersion) }

// NamesIn returns the names of the tools that a version of Juju has, sorted.
func NamesIn(version string) []string {
	release := model.ParseRelease(version)
	var names []string
	for _, name := range slices.Sorted(maps.Keys(table)) {
		if table[name].in(release) {
			names = append(names, name)
		}
	}
	return names
}
