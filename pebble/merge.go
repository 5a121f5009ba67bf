package pebble

import (
	"maps"
	"slices"
)

// set overwrites a field with a value that is not its zero value.
func set[T comparable](field *T, value T) {
	var zero T
	if value != zero {
		*field = value
	}
}

// setInt does the same for an id, which may well be 0.
func setInt(field **int, value *int) {
	if value != nil {
		*field = cloneInt(value)
	}
}

func cloneInt(value *int) *int {
	if value == nil {
		return nil
	}
	n := *value
	return &n
}

// mergeMap puts all of from into a map that may not exist yet.
func mergeMap[V any](into *map[string]V, from map[string]V) {
	if len(from) == 0 {
		return
	}
	if *into == nil {
		*into = make(map[string]V, len(from))
	}
	maps.Copy(*into, from)
}

func (s *Service) clone() *Service {
	c := *s
	c.After = slices.Clone(s.After)
	c.Before = slices.Clone(s.Before)
	c.Requires = slices.Clone(s.Requires)
	c.Environment = maps.Clone(s.Environment)
	c.UserID = cloneInt(s.UserID)
	c.GroupID = cloneInt(s.GroupID)
	c.OnCheckFailure = maps.Clone(s.OnCheckFailure)
	return &c
}

func (s *Service) merge(other *Service) {
	set(&s.Summary, other.Summary)
	set(&s.Description, other.Description)
	set(&s.Startup, other.Startup)
	set(&s.Command, other.Command)
	s.After = append(s.After, other.After...)
	s.Before = append(s.Before, other.Before...)
	s.Requires = append(s.Requires, other.Requires...)
	set(&s.Workload, other.Workload)
	mergeMap(&s.Environment, other.Environment)
	setInt(&s.UserID, other.UserID)
	set(&s.User, other.User)
	setInt(&s.GroupID, other.GroupID)
	set(&s.Group, other.Group)
	set(&s.WorkingDir, other.WorkingDir)
	set(&s.OnSuccess, other.OnSuccess)
	set(&s.OnFailure, other.OnFailure)
	mergeMap(&s.OnCheckFailure, other.OnCheckFailure)
	set(&s.BackoffDelay, other.BackoffDelay)
	set(&s.BackoffFactor, other.BackoffFactor)
	set(&s.BackoffLimit, other.BackoffLimit)
	set(&s.KillDelay, other.KillDelay)
}

func (c *Check) clone() *Check {
	d := *c
	if c.HTTP != nil {
		d.HTTP = &HTTPCheck{URL: c.HTTP.URL, Headers: maps.Clone(c.HTTP.Headers)}
	}
	if c.TCP != nil {
		tcp := *c.TCP
		d.TCP = &tcp
	}
	if c.Exec != nil {
		exec := *c.Exec
		exec.Environment = maps.Clone(c.Exec.Environment)
		exec.UserID = cloneInt(c.Exec.UserID)
		exec.GroupID = cloneInt(c.Exec.GroupID)
		d.Exec = &exec
	}
	return &d
}

func (c *Check) merge(other *Check) {
	set(&c.Level, other.Level)
	set(&c.Startup, other.Startup)
	set(&c.Period, other.Period)
	set(&c.Timeout, other.Timeout)
	set(&c.Threshold, other.Threshold)
	if other.HTTP != nil {
		if c.HTTP == nil {
			c.HTTP = &HTTPCheck{}
		}
		set(&c.HTTP.URL, other.HTTP.URL)
		mergeMap(&c.HTTP.Headers, other.HTTP.Headers)
	}
	if other.TCP != nil {
		if c.TCP == nil {
			c.TCP = &TCPCheck{}
		}
		set(&c.TCP.Port, other.TCP.Port)
		set(&c.TCP.Host, other.TCP.Host)
	}
	if other.Exec != nil {
		if c.Exec == nil {
			c.Exec = &ExecCheck{}
		}
		c.Exec.merge(other.Exec)
	}
}

func (e *ExecCheck) merge(other *ExecCheck) {
	set(&e.Command, other.Command)
	set(&e.ServiceContext, other.ServiceContext)
	mergeMap(&e.Environment, other.Environment)
	setInt(&e.UserID, other.UserID)
	set(&e.User, other.User)
	setInt(&e.GroupID, other.GroupID)
	set(&e.Group, other.Group)
	set(&e.WorkingDir, other.WorkingDir)
}

func (t *LogTarget) clone() *LogTarget {
	c := *t
	c.Services = slices.Clone(t.Services)
	c.Labels = maps.Clone(t.Labels)
	return &c
}

func (t *LogTarget) merge(other *LogTarget) {
	set(&t.Type, other.Type)
	set(&t.Location, other.Location)
	t.Services = append(t.Services, other.Services...)
	mergeMap(&t.Labels, other.Labels)
}
