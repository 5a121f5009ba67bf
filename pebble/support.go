package pebble

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// Versions of Pebble that know what 1.19.2, the one of Juju 3.6.11, does not. All else in this package is in 1.19.2.
const (
	needsWorkload      = "1.22.2" // not in 1.19.2; 1.20 and 1.21 were not looked at
	needsRefresh       = "1.22.2" // not in 1.19.2; 1.20 and 1.21 were not looked at
	needsOpenTelemetry = "1.25.0" // not in 1.23.0; 1.24 was not looked at
	needsCertificate   = "1.26.0" // not in 1.22.2; those between were not looked at
	needsSyslog        = "1.32.1" // 1.19.2 takes it and forwards nothing, 1.26.0 refuses it; those after were not looked at
)

// newFeature is something that not every Pebble knows.
type newFeature struct {
	feature string
	needs   string
}

// newFeatures returns what a layer uses beyond Pebble 1.19.2.
func (l *Layer) newFeatures() []newFeature {
	var features []newFeature
	for _, name := range sorted(l.Services) {
		if s := l.Services[name]; s != nil && s.Workload != "" {
			features = append(features, newFeature{fmt.Sprintf("workload of service %q", name), needsWorkload})
		}
	}
	for _, name := range sorted(l.LogTargets) {
		t := l.LogTargets[name]
		if needs := needsOf(t); needs != "" {
			features = append(features, newFeature{fmt.Sprintf("type %s of log target %q", t.Type, name), needs})
		}
	}
	return features
}

func needsOf(t *LogTarget) string {
	switch {
	case t == nil:
		return ""
	case t.Type == LogTargetOpenTelemetry:
		return needsOpenTelemetry
	case t.Type == LogTargetSyslog:
		return needsSyslog
	}
	return ""
}

// supports returns a NotSupportedError for the first feature that the container's Pebble does not know. It asks for the
// version only if there is something to ask for.
func (c *Container) supports(ctx context.Context, features []newFeature) error {
	if len(features) == 0 {
		return nil
	}
	version, err := c.Version(ctx)
	if err != nil {
		return err
	}
	for _, f := range features {
		if versionBefore(version, f.needs) {
			return &NotSupportedError{Feature: f.feature, Needs: f.needs, Has: strings.TrimPrefix(version, "v")}
		}
	}
	return nil
}

// versionBefore compares versions by their three numbers; "v" before and "-dirty" or the like after them do not count. A
// version that is not of this form, such as that of a development build, is before nothing.
func versionBefore(version, other string) bool {
	a, okA := versionNumbers(version)
	b, okB := versionNumbers(other)
	if !okA || !okB {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return a[i] < b[i]
		}
	}
	return false
}

func versionNumbers(version string) (numbers [3]int, ok bool) {
	version, _, _ = strings.Cut(strings.TrimPrefix(version, "v"), "-")
	version, _, _ = strings.Cut(version, "+")
	parts := strings.Split(version, ".")
	if len(parts) != len(numbers) {
		return numbers, false
	}
	for i, part := range parts {
		n, err := strconv.Atoi(part)
		if err != nil {
			return numbers, false
		}
		numbers[i] = n
	}
	return numbers, true
}

// planError turns Pebble's refusal of a layer into a PlanError.
func planError(err error) error {
	var api *APIError
	if errors.As(err, &api) && api.StatusCode == http.StatusBadRequest {
		return &PlanError{Problems: []string{api.Message}}
	}
	return err
}
