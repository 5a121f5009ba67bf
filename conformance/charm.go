package main

import (
	"maps"
	"slices"

	"github.com/juju/charm/v12"
)

// charmFile is what Juju understands of a .charm.
type charmFile struct {
	Name       string
	Endpoints  []string
	Containers []string
	Resources  []string
	Options    []string
	Actions    []string
	Bases      []string
	Revision   int
}

func readCharm(path string) (charmFile, error) {
	c, err := charm.ReadCharmArchive(path)
	if err != nil {
		return charmFile{}, err
	}
	meta := c.Meta()
	f := charmFile{
		Name: meta.Name, Revision: c.Revision(),
		Endpoints:  slices.Sorted(maps.Keys(meta.CombinedRelations())),
		Containers: slices.Sorted(maps.Keys(meta.Containers)),
		Resources:  slices.Sorted(maps.Keys(meta.Resources)),
	}
	if c.Config() != nil {
		f.Options = slices.Sorted(maps.Keys(c.Config().Options))
	}
	if c.Actions() != nil {
		f.Actions = slices.Sorted(maps.Keys(c.Actions().ActionSpecs))
	}
	if c.Manifest() != nil {
		for _, b := range c.Manifest().Bases {
			f.Bases = append(f.Bases, b.String())
		}
	}
	return f, nil
}
