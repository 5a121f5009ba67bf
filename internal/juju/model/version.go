package model

import (
	"strconv"
	"strings"
)

// Release is the first two numbers of a Juju version.
type Release struct{ Major, Minor int }

// ParseRelease reads a version such as 3.6.11, 4.0-beta2 or 3.5. What it cannot
// read is [JujuVersion]'s.
func ParseRelease(version string) Release {
	major, rest, _ := strings.Cut(version, ".")
	minor := rest
	if end := strings.IndexFunc(rest, func(c rune) bool { return c < '0' || c > '9' }); end >= 0 {
		minor = rest[:end]
	}
	m, err := strconv.Atoi(major)
	n, err2 := strconv.Atoi(minor)
	if err != nil || err2 != nil {
		return Release{3, 6}
	}
	return Release{m, n}
}

// Before reports whether r is older than o.
func (r Release) Before(o Release) bool {
	return r.Major < o.Major || r.Major == o.Major && r.Minor < o.Minor
}

// features are what differs between releases, as far as charms notice.
type features struct {
	// noKubernetesCredentials: credential-get works on machines only.
	noKubernetesCredentials bool
	// equalContentIsNew: secret-set with the content it has makes a revision.
	equalContentIsNew bool
	// strictParameters: an action's schema refuses parameters that it does not
	// declare, unless it says otherwise.
	strictParameters bool
}

// Release returns the release of the model's agents.
func (s *State) Release() Release {
	if s.Version == "" {
		return ParseRelease(JujuVersion)
	}
	return ParseRelease(s.Version)
}

func (s *State) features() features {
	r := s.Release()
	old := r.Before(Release{3, 6})
	return features{
		noKubernetesCredentials: old,
		equalContentIsNew:       old,
		strictParameters:        !r.Before(Release{4, 0}),
	}
}
