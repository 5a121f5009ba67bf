package sandbox

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRemedy(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		root   bool
		sysctl map[string]string
		want   string
	}{
		{"root", true, nil, "even root may not"},
		{"Ubuntu", false, map[string]string{"kernel/apparmor_restrict_unprivileged_userns": "1"}, "AppArmor"},
		{"old Debian", false, map[string]string{"kernel/unprivileged_userns_clone": "0"}, "sysctl kernel.unprivileged_userns_clone=1"},
		{"none", false, map[string]string{"user/max_user_namespaces": "0"}, "sysctl user.max_user_namespaces=10000"},
		{"unknown", false, map[string]string{"kernel/apparmor_restrict_unprivileged_userns": "0"}, "run with sudo"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			require.Contains(t, remedy(test.root, func(name string) string { return test.sysctl[name] }), test.want)
		})
	}
}
