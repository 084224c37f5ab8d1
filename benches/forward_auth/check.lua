-- A check of access tokens within nginx, to compare with: RS256, expiry, audience and scope, with verified
-- tokens cached in each worker. It does less than the service, which also checks types, critical extensions,
-- issuers and DPoP.

local ffi = require("ffi")
local json = require("cjson.safe")
local cache = require("resty.lrucache").new(10000)

ffi.cdef([[
typedef struct bio_st BIO;
typedef struct evp_pkey_st EVP_PKEY;
typedef struct evp_md_st EVP_MD;
typedef struct evp_md_ctx_st EVP_MD_CTX;
BIO *BIO_new_mem_buf(const void *buffer, int length);
EVP_PKEY *PEM_read_bio_PUBKEY(BIO *bio, EVP_PKEY **key, void *callback, void *data);
EVP_MD_CTX *EVP_MD_CTX_new(void);
void EVP_MD_CTX_free(EVP_MD_CTX *context);
const EVP_MD *EVP_sha256(void);
int EVP_DigestVerifyInit(EVP_MD_CTX *context, void *pctx, const EVP_MD *md, void *engine, EVP_PKEY *key);
int EVP_DigestVerify(EVP_MD_CTX *context, const char *signature, size_t length, const char *data, size_t size);
]])
local crypto = ffi.load("crypto.so.3")

local M = {}
local key

function M.start(path)
    local file = assert(io.open(path))
    local pem = file:read("*a")
    file:close()
    local bio = crypto.BIO_new_mem_buf(pem, #pem)
    key = crypto.PEM_read_bio_PUBKEY(bio, nil, nil, nil)
    assert(key ~= nil, "no public key")
end

local function decode(text)
    return ngx.decode_base64(text:gsub("-", "+"):gsub("_", "/") .. ("="):rep(-#text % 4))
end

local function verify(token)
    local signed, payload, signature = token:match("^([%w_-]+%.([%w_-]+))%.([%w_-]+)$")
    signature = signature and decode(signature)
    if not signature then return nil end
    local context = crypto.EVP_MD_CTX_new()
    local valid = crypto.EVP_DigestVerifyInit(context, nil, crypto.EVP_sha256(), nil, key) == 1
        and crypto.EVP_DigestVerify(context, signature, #signature, signed, #signed) == 1
    crypto.EVP_MD_CTX_free(context)
    return valid and json.decode(decode(payload)) or nil
end

function M.check(audience, scope)
    local token = (ngx.var.http_authorization or ""):match("^[Bb]earer ([^ ]+)$")
    local claims = token and cache:get(token)
    if token and not claims then
        claims = verify(token)
        if claims then cache:set(token, claims, claims.exp - ngx.time()) end
    end
    if not claims or claims.exp <= ngx.time() or claims.aud ~= audience then
        ngx.header["WWW-Authenticate"] = 'Bearer error="invalid_token"'
        return ngx.exit(401)
    end
    if not (" " .. claims.scope .. " "):find(" " .. scope .. " ", 1, true) then
        return ngx.exit(403)
    end
    ngx.req.set_header("X-Auth-Subject", claims.sub)
    ngx.req.set_header("X-Auth-Client", claims.client_id or "")
    ngx.req.set_header("X-Auth-Issuer", claims.iss)
    ngx.req.set_header("X-Auth-Scopes", claims.scope)
    ngx.req.set_header("X-Auth-Roles", "")
end

return M
