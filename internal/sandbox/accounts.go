package sandbox

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

// lastSystemID is the highest id of a system account in Debian and Ubuntu; persons begin at 1000.
const lastSystemID = 999

// User is an account in a container's /etc/passwd, with a group of the same name.
type User struct {
	Name     string
	UID, GID int
	Home     string // / if empty; not made
	Shell    string // /usr/sbin/nologin if empty
}

// jujuUsers are the accounts of Juju's charm-base image (juju, sjuju: Juju 3.6.11) and of rocks (_daemon_).
func jujuUsers() []User {
	return []User{
		{Name: "juju", UID: 170, GID: 170, Home: "/var/lib/juju", Shell: "/bin/bash"},
		{Name: "sjuju", UID: 171, GID: 171, Home: "/var/lib/juju", Shell: "/bin/bash"},
		{Name: "_daemon_", UID: 584792, GID: 584792},
	}
}

// sudoers lets sjuju do everything, as Juju's charm-base does.
const sudoers = "root ALL=(ALL:ALL) ALL\nsjuju ALL=(ALL:ALL) NOPASSWD: ALL\n"

// accounts returns the contents of /etc/passwd and /etc/group: root, the users, Juju's, and the host's system accounts. Of
// entries with the same name or the same number the first is kept.
func accounts(users []User) (passwd, group string, err error) {
	hostUsers, err := readAccounts("/etc/passwd")
	if err != nil {
		return "", "", err
	}
	hostGroups, err := readAccounts("/etc/group")
	if err != nil {
		return "", "", err
	}
	var people, groups table
	for _, u := range slices.Concat([]User{{Name: "root", Home: "/root", Shell: "/bin/bash"}}, users, jujuUsers()) {
		home, shell := orElse(u.Home, "/"), orElse(u.Shell, "/usr/sbin/nologin")
		// An asterisk is a password that nobody can type, and needs no shadow file.
		people.add(u.Name, u.UID, fmt.Sprintf("%s:*:%d:%d::%s:%s", u.Name, u.UID, u.GID, home, shell))
		groups.add(u.Name, u.GID, fmt.Sprintf("%s:*:%d:", u.Name, u.GID))
	}
	for _, fields := range hostUsers {
		fields[1] = "*"
		people.add(fields[0], number(fields), strings.Join(fields, ":"))
	}
	for _, fields := range hostGroups {
		groups.add(fields[0], number(fields), fields[0]+":*:"+fields[2]+":")
	}
	return people.text.String(), groups.text.String(), nil
}

// table is a passwd or group file in the making.
type table struct {
	names   []string
	numbers []int
	text    strings.Builder
}

func (t *table) add(name string, number int, line string) {
	if slices.Contains(t.names, name) || slices.Contains(t.numbers, number) {
		return
	}
	t.names, t.numbers = append(t.names, name), append(t.numbers, number)
	t.text.WriteString(line + "\n")
}

// readAccounts reads the system accounts of the host's passwd or group file. Their numbers give the files in /usr their
// owners, and packages such as PostgreSQL's theirs.
func readAccounts(path string) ([][]string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read accounts: %w", err)
	}
	var accounts [][]string
	for line := range strings.Lines(string(data)) {
		fields := strings.Split(strings.TrimSpace(line), ":")
		if len(fields) < 4 {
			continue
		}
		if id := number(fields); id >= 0 && id <= lastSystemID || fields[0] == "nobody" || fields[0] == "nogroup" {
			accounts = append(accounts, fields)
		}
	}
	return accounts, nil
}

// number returns the id of an account, or -1.
func number(fields []string) int {
	id, err := strconv.Atoi(fields[2])
	if err != nil {
		return -1
	}
	return id
}

func orElse(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}
