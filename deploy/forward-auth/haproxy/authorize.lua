-- Asks actix-resource-server whether a request is allowed, and tells the API who calls.

local AUTHORIZE = "http://127.0.0.1:3010/authorize"

-- IDENTITY_HEADER_PREFIX in lower case.
local PREFIX = "x-auth-"

local IDENTITY = { "subject", "client", "issuer", "scopes", "roles" }

-- Fields that clients must not set. With CLIENT_CERTIFICATE=header, remove its field from this list and
-- set it with `http-request set-header` before this action. With TOKEN_HEADER, add that field, unless
-- a gateway before this proxy sets it:
-- ["cf-access-jwt-assertion"] = true,
local STRIPPED = {
    ["client-cert"] = true,
    ["client-cert-chain"] = true,
    ["x-ssl-cert"] = true,
    ["x-forwarded-client-cert"] = true,
    ["x-forwarded-method"] = true,
    ["x-forwarded-uri"] = true,
}

-- Fields of the connection to the proxy.
local OWN = {
    ["connection"] = true,
    ["content-length"] = true,
    ["expect"] = true,
    ["host"] = true,
    ["te"] = true,
    ["transfer-encoding"] = true,
    ["upgrade"] = true,
}

local function authorize(txn)
    local headers = {}
    for name, values in pairs(txn.http:req_get_headers()) do
        -- With underscores too, which some servers read as hyphens.
        local plain = name:lower():gsub("_", "-")
        if plain:sub(1, #PREFIX) == PREFIX or STRIPPED[plain] then
            txn.http:req_del_header(name)
        elseif not OWN[plain] then
            headers[name] = {}
            for _, value in pairs(values) do
                table.insert(headers[name], value)
            end
        end
    end
    headers["x-forwarded-method"] = { txn.f:method() }
    headers["x-forwarded-uri"] = { txn.f:url() }
    -- Counted by RATE_LIMIT_PER_ADDRESS; otherwise clients choose their address.
    headers["x-forwarded-for"] = { txn.f:src() }

    local answer = core.httpclient():get({ url = AUTHORIZE, headers = headers, timeout = 15000 })
    local function field(name)
        local values = answer.headers and answer.headers[name]
        return values and values[0] or ""
    end

    if answer.status == 200 then
        for _, name in ipairs(IDENTITY) do
            txn.http:req_set_header(PREFIX .. name, field(PREFIX .. name))
        end
        -- As FORWARD_AUTHORIZATION says.
        txn.http:req_del_header("authorization")
        if field("authorization") ~= "" then
            txn.http:req_set_header("authorization", field("authorization"))
        end
        return
    end

    local reply = txn:reply()
    -- No answer is no permission.
    local known = { [400] = true, [401] = true, [403] = true, [429] = true, [503] = true }
    reply:set_status(known[answer.status] and answer.status or 503)
    for _, name in ipairs({ "www-authenticate", "dpop-nonce", "retry-after", "content-type" }) do
        for _, value in pairs(answer.headers and answer.headers[name] or {}) do
            reply:add_header(name, value)
        end
    end
    reply:add_header("cache-control", "no-store")
    reply:set_body(answer.body or "")
    txn:done(reply)
end

core.register_action("authorize", { "http-req" }, authorize, 0)
