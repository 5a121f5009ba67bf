package charm

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// Version is a version of Juju, such as 3.6.11, 3.6.11.1 or 4.0-beta2. The zero
// value stands for one that is not known, and is before all others.
type Version struct {
	Major, Minor, Patch int
	// Tag is that of a version before the release, such as beta; Patch is its
	// number then.
	Tag string
	// Build is the number of a build that was not released, or 0.
	Build int
}

// ParseVersion parses a version as Juju writes it.
func ParseVersion(text string) (Version, error) {
	var v Version
	bad := func() (Version, error) { return Version{}, fmt.Errorf("cannot parse %q as a version of Juju", text) }
	major, rest, ok := strings.Cut(text, ".")
	if !ok || !number(major, &v.Major) {
		return bad()
	}
	var build string
	if minor, tagged, ok := strings.Cut(rest, "-"); ok {
		tagged, build, ok = strings.Cut(tagged, ".")
		v.Tag = strings.TrimRight(tagged, "0123456789")
		if !number(minor, &v.Minor) || strings.Trim(v.Tag, "abcdefghijklmnopqrstuvwxyz") != "" || v.Tag == "" ||
			!number(tagged[len(v.Tag):], &v.Patch) || ok && !number(build, &v.Build) {
			return bad()
		}
		return v, nil
	}
	parts := strings.Split(rest, ".")
	into := []*int{&v.Minor, &v.Patch, &v.Build}
	if len(parts) > len(into) {
		return bad()
	}
	for i, part := range parts {
		if !number(part, into[i]) {
			return bad()
		}
	}
	return v, nil
}

// number parses decimal digits, without a sign.
func number(text string, into *int) bool {
	if text == "" || len(text) > 9 || strings.Trim(text, "0123456789") != "" {
		return false
	}
	*into, _ = strconv.Atoi(text)
	return true
}

// String returns the version as Juju writes it.
func (v Version) String() string {
	text := fmt.Sprintf("%d.%d.%d", v.Major, v.Minor, v.Patch)
	if v.Tag != "" {
		text = fmt.Sprintf("%d.%d-%s%d", v.Major, v.Minor, v.Tag, v.Patch)
	}
	if v.Build > 0 {
		text += fmt.Sprintf(".%d", v.Build)
	}
	return text
}

// Compare orders versions: it is negative if v is before o, and 0 if they are
// equal. A tagged version is before its release.
func (v Version) Compare(o Version) int {
	released := func(v Version) int {
		if v.Tag == "" {
			return 1
		}
		return 0
	}
	return cmp.Or(
		cmp.Compare(v.Major, o.Major), cmp.Compare(v.Minor, o.Minor), cmp.Compare(released(v), released(o)),
		cmp.Compare(v.Tag, o.Tag), cmp.Compare(v.Patch, o.Patch), cmp.Compare(v.Build, o.Build),
	)
}

// AtLeast tells whether v is this release or a later one.
func (v Version) AtLeast(major, minor, patch int) bool {
	return v.Compare(Version{Major: major, Minor: minor, Patch: patch}) >= 0
}

// Feature is something that not every Juju has.
type Feature int

// The features that charms ask for.
const (
	// FeatureSecrets: secrets. Juju 3.0.3.
	FeatureSecrets Feature = iota
	// FeatureOpenPorts: ports that are opened on Kubernetes. Juju 3.0.3.
	FeatureOpenPorts
	// FeatureExecServiceContext: commands in the context of a service. Juju
	// 3.1.6, but not 3.2.0.
	FeatureExecServiceContext
	// FeatureCustomNotices: the event pebble-custom-notice, and secret options.
	// Juju 3.4.
	FeatureCustomNotices
	// FeatureLogForwarding: logs that Pebble forwards to where its layers say. Juju
	// 3.4.
	FeatureLogForwarding
	// FeatureWorkloadUser: uid and gid of containers in metadata.yaml. Juju
	// 3.5.
	FeatureWorkloadUser
	// FeatureCheckEvents: the events pebble-check-failed and -recovered. Juju
	// 3.6.
	FeatureCheckEvents
	// FeatureRemoteModel: [Relation.RemoteModel]. Juju 3.6.2.
	FeatureRemoteModel
	// FeatureCheckControl: starting and stopping checks, identities and metrics
	// of Pebble. Juju 3.6.4.
	FeatureCheckControl
	// FeatureKubernetesCredential: [Base.CloudCredential] on Kubernetes. Juju
	// 3.6.10.
	FeatureKubernetesCredential
)

// Has tells whether this Juju has a feature. Of a version that is not known the
// answer is no.
func (v Version) Has(f Feature) bool {
	switch f {
	case FeatureSecrets, FeatureOpenPorts:
		return v.AtLeast(3, 0, 3)
	case FeatureExecServiceContext:
		return v.AtLeast(3, 1, 6) && (v.Major != 3 || v.Minor != 2 || v.Tag == "" && v.Patch > 0)
	case FeatureCustomNotices, FeatureLogForwarding:
		return v.AtLeast(3, 4, 0)
	case FeatureWorkloadUser:
		return v.AtLeast(3, 5, 0)
	case FeatureCheckEvents:
		return v.AtLeast(3, 6, 0)
	case FeatureRemoteModel:
		return v.AtLeast(3, 6, 2)
	case FeatureCheckControl:
		return v.AtLeast(3, 6, 4)
	case FeatureKubernetesCredential:
		return v.AtLeast(3, 6, 10)
	}
	return false
}
