package model

import (
	"errors"
	"fmt"
	"strings"
)

// labelTakenError says that a label is another secret's. Its text is Juju's,
// which a charm sees when secret-get renames; a commit has [ExistsError].
type labelTakenError struct{ label, text string }

func (e *labelTakenError) Error() string { return e.text }

// asExists turns a taken label into what a commit says of it.
func asExists(err error) error {
	var taken *labelTakenError
	if errors.As(err, &taken) {
		return &ExistsError{What: fmt.Sprintf("secret with label %q", taken.label)}
	}
	return err
}

// ownerLabelFree refuses an owner's label for a secret that somebody has already:
// the owner for a secret, the same unit for one that it reads; or, for an
// application, any of its units; for a unit, its application.
func (s *State) ownerLabelFree(owner Owner, label string) error {
	return s.labelFree(owner, label, "consumer", "owner")
}

// consumerLabelFree is the same for a unit's own label of a secret that it reads.
func (s *State) consumerLabelFree(unit, label string) error {
	return s.labelFree(Owner{UnitOwner, unit}, label, "owner", "consumer")
}

func (s *State) labelFree(tag Owner, label string, roles ...string) error {
	if label == "" {
		return nil
	}
	taken := func(format string, args ...any) error {
		return &labelTakenError{label: label, text: fmt.Sprintf(format, args...) + " already exists"}
	}
	var owned, consumed, ownedNear, consumedNear bool
	for _, secret := range s.Secrets {
		if secret.Label == label {
			owned = owned || secret.Owner == tag
			ownedNear = ownedNear || near(tag, secret.Owner)
		}
		for unit, c := range secret.Consumers {
			if c.Label == label {
				consumed = consumed || Owner{UnitOwner, unit} == tag
				consumedNear = consumedNear || near(tag, Owner{UnitOwner, unit})
			}
		}
	}
	if ownedNear || consumedNear {
		if tag.Kind == ApplicationOwner {
			return taken("secret label %q for a unit of application %q", label, tag.Name)
		}
		return taken("secret label %q for application %q", label, ApplicationOf(tag.Name))
	}
	for _, role := range roles {
		if role == "owner" && owned || role == "consumer" && consumed {
			return taken("secret label %q for %s %q", label, role, tag.Kind+"-"+strings.Replace(tag.Name, "/", "-", 1))
		}
	}
	return nil
}

// near reports whether one is the application and the other a unit of it.
func near(a, b Owner) bool {
	return a.Kind == ApplicationOwner && b.Kind == UnitOwner && ApplicationOf(b.Name) == a.Name ||
		a.Kind == UnitOwner && b.Kind == ApplicationOwner && ApplicationOf(a.Name) == b.Name
}
