package model

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// GrantSecret adds a grant on behalf of a unit; granting twice is no error.
func (s *State) GrantSecret(unit, id string, g Grant) error {
	secret, err := s.manageable(unit, id)
	if err != nil {
		return err
	}
	if err := s.checkGrant(secret, g); err != nil {
		return &GrantError{ID: id, Target: g.Target, Err: err}
	}
	if !slices.Contains(secret.Grants, g) {
		secret.Grants = append(secret.Grants, g)
	}
	return nil
}

// GrantError says why a grant is refused.
type GrantError struct {
	ID string
	// URI is how the charm named the secret; empty means secret:ID.
	URI    string
	Target string
	Err    error
}

func (e *GrantError) Error() string {
	uri := e.URI
	if uri == "" {
		uri = "secret:" + e.ID
	}
	return fmt.Sprintf("cannot change access to %q for %q: %s", uri, targetTag(e.Target), e.Err)
}

func (e *GrantError) Unwrap() error { return e.Err }

func targetTag(name string) string {
	if strings.Contains(name, "/") {
		return "unit-" + strings.Replace(name, "/", "-", 1)
	}
	return "application-" + name
}

func (s *State) checkGrant(secret *Secret, g Grant) error {
	for _, r := range s.Relations {
		if r.Key() == g.Relation && r.Life.Gone() {
			tag := "relation-" + strings.NewReplacer(":", ".", " ", "#").Replace(g.Relation)
			return fmt.Errorf("cannot grant access to secret in scope of %q which is not alive", tag)
		}
	}
	if strings.Contains(g.Target, "/") {
		if _, err := s.Unit(g.Target); err != nil {
			if a, ok := s.Applications[ApplicationOf(g.Target)]; ok && a.Remote != nil {
				return errors.New("sharing secrets with a unit across a cross model relation not supported")
			}
			return fmt.Errorf("invalid subject reference: %w", err)
		}
	}
	for _, old := range secret.Grants {
		if old.Target == g.Target && old.Relation != g.Relation {
			return errors.New("cannot change secret permission scope")
		}
	}
	return nil
}

// RevokeSecret takes the grant of an application or a unit away, on behalf of a
// unit. Each keeps its own: an application's is not that of its units. Who had
// read the secret stays its consumer.
func (s *State) RevokeSecret(unit, id, target string) error {
	secret, err := s.manageable(unit, id)
	if err != nil {
		return err
	}
	secret.Grants = slices.DeleteFunc(secret.Grants, func(g Grant) bool { return g.Target == target })
	return nil
}
