//go:build !linux

package charm_test

func detacher() {}
