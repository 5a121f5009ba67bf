package unleash

import (
	"context"
	"fmt"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/unleash/admin"
	"github.com/charmkit/charmkit/webapp"
)

// TokenParams are the parameters of create-api-token.
type TokenParams struct {
	Name        string `charm:"name,required"`
	Type        string `charm:"type"`
	Environment string `charm:"environment"`
	Project     string `charm:"project"`
}

// TokenResult is the result of create-api-token. The token is a result rather
// than a secret because it is for applications outside Juju; whoever may run
// the action may have it.
type TokenResult struct {
	Token string `charm:"token"`
}

// PasswordParams are the parameters of set-admin-password.
type PasswordParams struct {
	Username string `charm:"username"`
	Password string `charm:"password"`
}

// PasswordResult is the result of set-admin-password.
type PasswordResult struct {
	Username string `charm:"username"`
	// Password is the generated one; empty if the user gave it. Of an action that
	// failed, it may not have taken effect.
	Password string `charm:"password"`
}

func (c *Charm) createToken(ctx context.Context, p TokenParams) (TokenResult, error) {
	api, err := c.api(ctx)
	if err != nil {
		return TokenResult{}, err
	}
	token, err := api.CreateToken(ctx, admin.TokenOptions{
		Name: p.Name, Type: admin.TokenType(p.Type), Environment: p.Environment, Projects: []string{p.Project},
	})
	if err != nil {
		return TokenResult{}, err
	}
	return TokenResult{Token: token.Secret}, nil
}

func (c *Charm) setPassword(ctx context.Context, p PasswordParams) (PasswordResult, error) {
	api, err := c.api(ctx)
	if err != nil {
		return PasswordResult{}, err
	}
	result := PasswordResult{Username: p.Username}
	if p.Password == "" {
		p.Password = newPassword()
		result.Password = p.Password
		// Told first: killed after Unleash has taken it, the charm could not tell any
		// more, and nobody would get in.
		if err := charm.SetResults(ctx, c.Base, result); err != nil {
			return PasswordResult{}, err
		}
	}
	return result, api.SetPassword(ctx, p.Username, p.Password)
}

// api is Unleash's REST API, with the administrator's token.
func (c *Charm) api(ctx context.Context) (*admin.Client, error) {
	secret, err := c.admin.Get(ctx)
	if err != nil {
		return nil, err
	}
	return admin.New(fmt.Sprintf("http://127.0.0.1:%d", webapp.PortApp), secret.Token), nil
}
