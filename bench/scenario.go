package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// scenario is a hook in a model.
type scenario struct {
	name string
	// hook is its kind, update-status or config-changed.
	hook         string
	relatedUnits int
	rounds       int
}

func scenarios() []scenario {
	all := []scenario{}
	for _, s := range []struct{ units, rounds int }{{0, 200}, {2, 200}, {100, 40}, {1000, 12}} {
		all = append(all, scenario{fmt.Sprintf("update-status, %d related units", s.units), "update-status", s.units, s.rounds})
	}
	return append(all, scenario{"config-changed", "config-changed", 0, 15})
}

// What follows is the conformance program's format, as far as it is needed here.

// script is a model and one hook, whose process runs here.
type script struct {
	World world
	Hooks []hookRun
	Keep  bool
}

type hookRun struct {
	Unit     string
	Info     struct{ Kind string }
	Socket   string
	CharmDir string
}

// result is what became of a script.
type result struct {
	Hooks []struct{ Failure string }
	World *world
	Error string
}

type world struct {
	Name, UUID, Type string
	CloudAPIVersion  string
	Applications     map[string]*application
	Units            map[string]*unit
	Relations        map[int]*relation
}

type application struct {
	Files  map[string]string `json:",omitempty"`
	Config map[string]string `json:",omitempty"`
	Leader string            `json:",omitempty"`
}

type unit struct {
	Address string `json:",omitempty"`
	Status  status `json:",omitzero"`
}

type status struct{ Status, Message string }

type relation struct {
	Endpoints []endpoint
	Units     map[string]*member
}

type endpoint struct{ Application, Name, Interface, Role string }

type member struct {
	InScope bool
	Data    map[string]string
}

// status is what the unit shows before and after the hook.
func (s scenario) status() status {
	return status{"active", fmt.Sprintf("bench, %d databases", s.relatedUnits)}
}

// script returns the scenario with what is set as log-level.
func (s scenario) script(charmDir, socket, logLevel string) (script, error) {
	files := map[string]string{}
	for _, name := range []string{"metadata.yaml", "config.yaml"} {
		data, err := os.ReadFile(filepath.Join(charmDir, name))
		if err != nil {
			return script{}, err
		}
		files[name] = string(data)
	}
	w := world{
		Name: "bench", UUID: "b6ad6b7c-3d3c-4b9e-8a57-6d5c7f4f0a11", Type: "caas", CloudAPIVersion: "1.32.0",
		Applications: map[string]*application{
			"bench":    {Files: files, Config: map[string]string{"log-level": logLevel}, Leader: "bench/0"},
			"postgres": {Leader: "postgres/0"},
		},
		Units: map[string]*unit{"bench/0": {Address: "10.1.0.5", Status: s.status()}},
	}
	if s.relatedUnits > 0 {
		members := map[string]*member{"bench/0": {InScope: true}}
		for i := range s.relatedUnits {
			name := fmt.Sprintf("postgres/%d", i)
			w.Units[name] = &unit{}
			members[name] = &member{true, map[string]string{
				"host": fmt.Sprintf("10.1.%d.%d", i/250, i%250), "port": "5432",
				"private-address": "10.152.183.20", "ingress-address": "10.152.183.20", "egress-subnets": "10.152.183.20/32",
			}}
		}
		w.Relations = map[int]*relation{1: {
			Endpoints: []endpoint{{"bench", "database", "bench_database", "requirer"}, {"postgres", "database", "bench_database", "provider"}},
			Units:     members,
		}}
	}
	h := hookRun{Unit: "bench/0", Socket: socket, CharmDir: charmDir}
	h.Info.Kind = s.hook
	return script{World: w, Hooks: []hookRun{h}, Keep: true}, nil
}
