package memory

import (
	"cmp"
	"errors"
	"fmt"
	"os/user"
)

// account returns the user and group that are meant by ids and names, as Pebble looks them up.
func (p *Pebble) account(uid, gid *int, name, group string) (*int, *int, error) {
	if uid == nil && gid == nil && name == "" && group == "" {
		return nil, nil, nil
	}
	if name != "" {
		u := p.findUser(func(u *User) bool { return u.Name == name })
		if u == nil {
			return nil, nil, user.UnknownUserError(name)
		}
		if uid != nil && *uid != u.UID {
			return nil, nil, fmt.Errorf("user %q UID (%d) does not match user-id (%d)", name, u.UID, *uid)
		}
		uid = &u.UID
	}
	if group != "" {
		u := p.findUser(func(u *User) bool { return u.Group == group })
		if u == nil {
			return nil, nil, user.UnknownGroupError(group)
		}
		if gid != nil && *gid != u.GID {
			return nil, nil, fmt.Errorf("group %q GID (%d) does not match group-id (%d)", group, u.GID, *gid)
		}
		gid = &u.GID
	}
	if gid == nil {
		u := p.userByID(*uid)
		if u == nil {
			return nil, nil, user.UnknownUserIdError(*uid)
		}
		gid = &u.GID
	}
	if uid == nil {
		return nil, nil, errors.New("must specify user, not just group")
	}
	return uid, gid, nil
}

// userByID returns the account of a user id, or nil.
func (p *Pebble) userByID(id int) *User {
	return p.findUser(func(u *User) bool { return u.UID == id })
}

func (p *Pebble) findUser(is func(*User) bool) *User {
	for _, given := range p.state.Users {
		if u := given.withDefaults(); is(&u) {
			return &u
		}
	}
	for i := range baseUsers {
		if is(&baseUsers[i]) {
			return &baseUsers[i]
		}
	}
	return nil
}

func (u User) withDefaults() User {
	u.Group = cmp.Or(u.Group, u.Name)
	u.Home = cmp.Or(u.Home, "/")
	u.GID = cmp.Or(u.GID, u.UID)
	return u
}

// baseUsers are the accounts of every container. Nothing writes to them.
var baseUsers = []User{
	{Name: "root", Group: "root", Home: "/root"},
	{Name: "daemon", UID: 1, Group: "daemon", GID: 1, Home: "/usr/sbin"},
	{Name: "www-data", UID: 33, Group: "www-data", GID: 33, Home: "/var/www"},
	{Name: "nobody", UID: 65534, Group: "nogroup", GID: 65534, Home: "/nonexistent"},
}

func (p *Pebble) userName(id int) string {
	if u := p.userByID(id); u != nil {
		return u.Name
	}
	return ""
}

func (p *Pebble) groupName(id int) string {
	if u := p.findUser(func(u *User) bool { return u.GID == id }); u != nil {
		return u.Group
	}
	return ""
}
