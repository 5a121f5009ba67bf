package admin

import (
	"context"
	"fmt"
	"net/http"
)

// TokenType is who a token is for.
type TokenType string

// The types of token that can be made over the API.
const (
	TokenClient   TokenType = "client"   // for applications
	TokenFrontend TokenType = "frontend" // for browsers
)

// TokenOptions describe a new token.
type TokenOptions struct {
	// Name is shown in the list of tokens.
	Name string
	Type TokenType
	// Environment is an environment of Unleash's, such as development.
	Environment string
	// Projects are those that the token gives access to; "*" is all.
	Projects []string
}

// Token is an API token.
type Token struct {
	Name        string   `json:"tokenName"`
	Type        string   `json:"type"`
	Environment string   `json:"environment"`
	Projects    []string `json:"projects"`
	// Secret is the token itself.
	Secret string `json:"secret"`
}

// CreateToken makes an API token.
func (c *Client) CreateToken(ctx context.Context, o TokenOptions) (*Token, error) {
	var token Token
	err := c.call(ctx, http.MethodPost, "/api/admin/api-tokens", struct {
		Name        string    `json:"tokenName"`
		Type        TokenType `json:"type"`
		Environment string    `json:"environment"`
		Projects    []string  `json:"projects"`
	}{o.Name, o.Type, o.Environment, o.Projects}, &token)
	if err != nil {
		return nil, fmt.Errorf("cannot create token %q: %w", o.Name, err)
	}
	return &token, nil
}
