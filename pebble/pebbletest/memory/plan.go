package memory

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/charmkit/charmkit/pebble"
)

// plan is what layers combine to. It is shared by all Pebbles that have these layers, and is never written to.
type plan struct {
	layer   *pebble.Layer
	plan    *pebble.Plan // the same as package pebble reads it
	yaml    []byte
	answer  answer // of GET /v1/plan
	problem string // why Pebble refuses it
}

// layerText is a layer that was read.
type layerText struct {
	layer   *pebble.Layer
	problem string
}

// ParsePlan makes the container read a plan that comes from here without reading YAML.
func (p *Pebble) ParsePlan(data []byte) (*pebble.Plan, error) {
	p.mu.Lock()
	current := p.plan
	p.mu.Unlock()
	if current != nil && bytes.Equal(current.yaml, data) {
		return current.plan.Clone(), nil
	}
	return pebble.ParsePlan(data)
}

// currentPlan returns the plan of the state's layers.
func (p *Pebble) currentPlan() *plan {
	if p.plan == nil {
		p.plan = p.combine(p.state.Layers)
	}
	return p.plan
}

// combine returns the plan of some layers.
func (p *Pebble) combine(stack []Layer) *plan {
	size := 1
	for _, layer := range stack {
		size += len(layer.Label) + len(layer.YAML) + 2
	}
	var key strings.Builder
	key.Grow(size)
	key.WriteString(p.generation())
	for _, layer := range stack {
		key.WriteString(layer.Label)
		key.WriteByte(0)
		key.WriteString(layer.YAML)
		key.WriteByte(0)
	}
	return remember(p.cache, combinedPlan, key.String(), func() *plan { return p.newPlan(stack) })
}

// generation tells apart Pebbles that read layers differently.
func (p *Pebble) generation() string {
	if p.atLeast(25) {
		return "b"
	}
	return "a"
}

// noPlan is what layers combine to that Pebble refuses.
func noPlan(problem string) *plan {
	return &plan{problem: problem, layer: &pebble.Layer{}, plan: &pebble.Plan{}}
}

func (p *Pebble) newPlan(stack []Layer) *plan {
	read := make([]*pebble.Layer, len(stack))
	for i, layer := range stack {
		parsed := p.parse(layer.Label, layer.YAML)
		if parsed.problem == "" {
			parsed.problem = overrideProblem(layer.Label, parsed.layer)
		}
		if parsed.problem != "" {
			return noPlan(parsed.problem)
		}
		read[i] = parsed.layer
	}
	combined, err := pebble.Merge(read...)
	if err != nil {
		return noPlan(err.Error())
	}
	if problem := planProblem(combined, p.targetTypes()); problem != "" {
		return noPlan(problem)
	}
	combined.Summary, combined.Description = "", ""
	text, err := combined.YAML()
	if err != nil {
		return noPlan(err.Error())
	}
	parsed, err := pebble.ParsePlan(text)
	if err != nil {
		return noPlan(err.Error())
	}
	return &plan{layer: combined, plan: parsed, yaml: text, answer: success(http.StatusOK, appendString(nil, string(text)))}
}

// parse reads a layer.
func (p *Pebble) parse(label, text string) layerText {
	return remember(p.cache, parsedLayer, p.generation()+label+"\x00"+text, func() layerText {
		layer, err := pebble.ParseLayer([]byte(text))
		if err != nil {
			return p.readLoosely(label, text, err)
		}
		return layerText{layer, layerProblem(label, layer, p.targetTypes())}
	})
}

// readLoosely reads a layer that package pebble refuses, and finds Pebble's words for what is wrong with it. Pebble minds an
// unknown override only when it combines the layer.
func (p *Pebble) readLoosely(label, text string, err error) layerText {
	var invalid *pebble.PlanError
	if !errors.As(err, &invalid) {
		return layerText{problem: err.Error()}
	}
	for _, problem := range invalid.Problems {
		var kind, name string
		for _, kind = range []string{"service", "check", "log target"} {
			if _, e := fmt.Sscanf(problem, kind+" %q is empty", &name); e == nil {
				return layerText{problem: fmt.Sprintf("%s object cannot be null for %s %q", kind, kind, name)}
			}
		}
	}
	if loose, e := pebble.ParsePlan([]byte(text)); e == nil {
		layer := &pebble.Layer{Services: loose.Services, Checks: loose.Checks, LogTargets: loose.LogTargets}
		if problem := layerProblem(label, layer, p.targetTypes()); problem != "" {
			return layerText{problem: problem}
		}
		if overrideProblem(label, layer) != "" {
			return layerText{layer: layer}
		}
	}
	return layerText{problem: fmt.Sprintf("cannot parse layer %q: %s", label, strings.Join(invalid.Problems, "\n"))}
}

func (p *Pebble) targetTypes() []pebble.LogTargetType {
	if p.atLeast(25) {
		return []pebble.LogTargetType{pebble.LogTargetLoki, pebble.LogTargetOpenTelemetry, pebble.LogTargetSyslog}
	}
	return []pebble.LogTargetType{pebble.LogTargetLoki, pebble.LogTargetSyslog}
}

func (p *Pebble) getPlan(r *request) answer {
	if format := r.URL.Query().Get("format"); format != "yaml" {
		return badRequest("invalid format %q", format)
	}
	return p.currentPlan().answer
}

func (p *Pebble) postLayers(r *request) answer {
	var payload struct {
		Action  string `json:"action"`
		Combine bool   `json:"combine"`
		Inner   bool   `json:"inner"`
		Label   string `json:"label"`
		Format  string `json:"format"`
		Layer   string `json:"layer"`
	}
	if err := decode(r, &payload); err != nil {
		return badRequest("cannot decode request body: %v", err)
	}
	switch {
	case payload.Action != "add":
		return badRequest("invalid action %q", payload.Action)
	case payload.Label == "":
		return badRequest("label must be set")
	case payload.Format != "yaml":
		return badRequest("invalid format %q", payload.Format)
	}
	parsed := p.parse(payload.Label, payload.Layer)
	if parsed.problem == "" {
		parsed.problem = p.userProblem(parsed.layer)
	}
	if parsed.problem != "" {
		return badRequest("cannot parse layer YAML: %s", parsed.problem)
	}
	index := slices.IndexFunc(p.state.Layers, func(l Layer) bool { return l.Label == payload.Label })
	if index >= 0 && !payload.Combine {
		return badRequest("layer %q already exists", payload.Label)
	}
	added := Layer{Label: payload.Label, YAML: payload.Layer}
	if index < 0 {
		index = insertAt(p.state.Layers, payload.Label)
		if index < len(p.state.Layers) && !payload.Inner {
			return failure(http.StatusInternalServerError, "", "cannot insert sub-directory layer without 'inner' attribute set")
		}
		return p.setLayers(slices.Insert(slices.Clone(p.state.Layers), index, added))
	}
	if problem := overrideProblem(payload.Label, parsed.layer); problem != "" {
		return badRequest("%s", problem)
	}
	below := p.parse(payload.Label, p.state.Layers[index].YAML)
	merged := remember(p.cache, mergedLayer, p.state.Layers[index].YAML+"\x00"+payload.Layer, func() string {
		layer, err := pebble.Merge(below.layer, parsed.layer)
		if err != nil {
			return payload.Layer // which is refused as well
		}
		text, err := layer.YAML()
		if err != nil {
			panic(err) // layers are plain structs
		}
		return string(text)
	})
	stack := slices.Clone(p.state.Layers)
	stack[index].YAML = merged
	return p.setLayers(stack)
}

// insertAt returns where a layer with a new label goes: on top, or on top of those of the same sub-directory.
func insertAt(stack []Layer, label string) int {
	sub, _, _ := strings.Cut(label, "/")
	for i := len(stack) - 1; i >= 0; i-- {
		if other, _, _ := strings.Cut(stack[i].Label, "/"); other == sub {
			return i + 1
		}
	}
	return len(stack)
}

// setLayers makes some layers the plan, if Pebble accepts them.
func (p *Pebble) setLayers(stack []Layer) answer {
	combined := p.combine(stack)
	if combined.problem != "" {
		return badRequest("%s", combined.problem)
	}
	p.keepDefinitions()
	p.tick()
	p.state.Layers, p.plan = stack, combined
	p.planChanged()
	return answerTrue
}
