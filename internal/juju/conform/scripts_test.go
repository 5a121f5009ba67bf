//go:build conformance

package conform

// Family is the scripts of one family of tools.
type Family struct {
	Name    string
	Scripts []Script
}

// families are the scripts for a model on Kubernetes, the same on machines, where
// tools say other things, and those that only machines have.
func families() []Family {
	all := kubernetesFamilies()
	for _, f := range kubernetesFamilies() {
		if f.Name != "specs" { // which are Kubernetes' own
			all = append(all, f.onMachines())
		}
	}
	return append(all, machineFamilies()...)
}

func kubernetesFamilies() []Family {
	return []Family{
		{"config", configScripts()},
		{"relations", relationScripts()},
		{"status", statusScripts()},
		{"leadership", leaderScripts()},
		{"log", logScripts()},
		{"ports", portScripts()},
		{"network", networkScripts()},
		{"state", stateScripts()},
		{"actions", actionScripts()},
		{"goal-state", goalStateScripts()},
		{"secret-add", addScripts()},
		{"secret-set", setScripts()},
		{"secret-get", getScripts()},
		{"secret-grant", grantScripts()},
		{"storage", storageScripts()},
		{"resources", resourceScripts()},
		{"payloads", payloadScripts()},
		{"reboot", rebootScripts()},
		{"credentials", credentialScripts()},
		{"specs", specScripts()},
		{"environments", environmentScripts()},
		{"protocol", protocolScripts()},
	}
}

func configScripts() []Script {
	return each("config", "myapp/0", configChanged,
		call("config-get"), call("config-get", "--format=json"), call("config-get", "--format", "yaml"),
		call("config-get", "--all", "--format=json"), call("config-get", "-a"),
		call("config-get", "name"), call("config-get", "count"), call("config-get", "ratio"), call("config-get", "on"),
		call("config-get", "big"), call("config-get", "big", "--format=json"), call("config-get", "text", "--format=json"),
		call("config-get", "text"), call("config-get", "token"), call("config-get", "token", "--format=json"),
		call("config-get", "nosuch", "--format=json"), call("config-get", "a", "b"), call("config-get", "--all", "name"),
		call("config-get", "-"), call("config-get", ""), call("config-get", "--format=xml"), call("config-get", "--nosuch"),
		call("config-get", "-o", "out", "--format=json"), call("config-get", "--output", "<DIR>/out"),
		call("config-get", "--output", "<DIR>/no/out"), call("config-get", "--format"), call("config-get", "--", "name"),
		call("config-get", "cred"), call("config-get", "--format=smart", "on"),
	)
}
