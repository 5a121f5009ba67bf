package model

// ClaimLeadership makes the unit leader if its application has none, and
// reports whether it is leader now.
func (s *State) ClaimLeadership(unit string) bool {
	a, ok := s.Applications[ApplicationOf(unit)]
	if !ok {
		return false
	}
	if _, ok := s.Units[a.Leader]; !ok {
		a.Leader = unit
	}
	return a.Leader == unit
}

// IsLeader reports whether the unit is its application's leader.
func (s *State) IsLeader(unit string) bool {
	a, ok := s.Applications[ApplicationOf(unit)]
	return ok && a.Leader == unit
}

// SetLeaderSettings merges leadership settings on behalf of a unit; an empty
// value deletes its key. Only the leader may ([NotLeaderError]).
func (s *State) SetLeaderSettings(unit string, settings map[string]string) error {
	a, err := s.Application(ApplicationOf(unit))
	if err != nil {
		return err
	}
	if a.Leader != unit {
		return &NotLeaderError{Unit: unit, Application: a.Name}
	}
	a.LeaderSettings.Merge(settings)
	return nil
}
