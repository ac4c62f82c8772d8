// SPDX-License-Identifier: Apache-2.0
#include "etcd/endpoint.hpp"

#include <array>
#include <tuple>

#include "common/grpc/pem_file.hpp"

namespace sonde::etcd {
namespace {

namespace rpc = common::grpc;

bool has(std::string_view text, std::string_view part) noexcept { return text.find(part) != std::string_view::npos; }

bool has_any(std::string_view text, std::initializer_list<std::string_view> parts) noexcept {
    for (const std::string_view part : parts) {
        if (has(text, part)) {
            return true;
        }
    }
    return false;
}

}  // namespace

result<endpoint> parse_endpoint(std::string_view text, bool is_tls_default) {
    endpoint found{std::string(text), {}, is_tls_default};
    if (text.starts_with("unix:/")) {
        found.uses_tls = false;
        found.target = text.starts_with("unix:///") ? "unix:" + std::string(text.substr(7)) : std::string(text);
        return found;
    }
    for (const auto& [scheme, uses_tls] : {std::pair("https://", true), std::pair("http://", false)}) {
        if (text.starts_with(scheme)) {
            text.remove_prefix(std::string_view(scheme).size());
            found.uses_tls = uses_tls;
        }
    }
    if (text.ends_with('/')) {
        text.remove_suffix(1);
    }
    if (text.contains('@')) {
        // Not repeated: it is written to logs.
        return fail(errc::invalid, "an endpoint holds no user and no password; set user and password", "endpoints");
    }
    const std::size_t colon = text.rfind(':');
    const bool is_one = text.find_first_of("/?# ,") == std::string_view::npos;
    if (!is_one || colon == std::string_view::npos || colon == 0 || colon + 1 == text.size() ||
        text.find_first_not_of("0123456789", colon + 1) != std::string_view::npos) {
        return fail(errc::invalid, "'" + found.text + "' is no endpoint; write https://host:port", "endpoints");
    }
    found.target = text;
    return found;
}

result<rpc::client> connect(const endpoint& to, const connection_options& how) {
    rpc::client_settings settings;
    settings.target = to.target;
    settings.uses_tls = to.uses_tls;
    settings.message_limit = how.message_limit;
    if (to.uses_tls) {
        settings.server_name = how.server_name;
        for (const auto& [key, path, pem] :
             {std::tuple("ca_file", &how.ca_file, &settings.tls.ca_pem),
              std::tuple("certificate_file", &how.certificate_file, &settings.tls.certificate_pem),
              std::tuple("key_file", &how.key_file, &settings.tls.key_pem)}) {
            auto read = rpc::read_pem(*path, key);
            if (!read) {
                return std::unexpected(read.error());
            }
            *pem = std::move(*read);
        }
    }
    return rpc::client::make(settings);
}

problem explain(const rpc::outcome& how, const endpoint& at) {
    const std::string& text = how.text;
    const std::string said = " (" + std::string(rpc::name(how.why)) + ": " + text + ")";
    if (has_any(text, {"CERTIFICATE_VERIFY_FAILED", "certificate verify failed"})) {
        return {"tls_untrusted", "the certificate of " + at.text +
                                     " is not signed by an authority that is trusted here; set ca_file to the "
                                     "certificate of the cluster's authority" +
                                     said};
    }
    if (has(text, "is not in peer certificate") || has(text, "Hostname Verification Check failed")) {
        return {"tls_wrong_name", "the certificate of " + at.text +
                                      " is for another name; use that name in endpoints, or set server_name" + said};
    }
    if (has_any(text, {"CERTIFICATE_REQUIRED", "BAD_CERTIFICATE", "UNKNOWN_CA", "bad certificate"})) {
        return {"tls_refused", at.text +
                                   " refuses our certificate, or that there is none; set certificate_file and "
                                   "key_file to a pair that the cluster's authority has signed" +
                                   said};
    }
    if (has_any(text, {"SSL_ERROR_SSL", "Ssl handshake failed", "WRONG_VERSION_NUMBER"})) {
        return {"tls_failed", "no TLS connection to " + at.text +
                                  "; does it speak TLS, and with certificates of "
                                  "ca_file?" +
                                  said};
    }
    // What a member does that wants a certificate and gets none; the alert itself is lost in TLS 1.3.
    if (at.uses_tls && has(text, "Endpoint read failed")) {
        return {"tls_closed", at.text +
                                  " ends the connection while it is made; if it wants client certificates, set "
                                  "certificate_file and key_file" +
                                  said};
    }
    if (how.why == rpc::code::unauthenticated) {
        return {"token_refused", at.text + " does not accept the token that it gave; another is asked for" + said};
    }
    if (has(text, "authentication failed")) {
        return {"auth_failed", at.text + " does not accept user and password; set user and password" + said};
    }
    if (how.why == rpc::code::permission_denied) {
        return {"permission_denied", "the user may not read what is to be watched; grant it a role that may" + said};
    }
    if (has(text, "user name is empty")) {
        return {"auth_needed", at.text + " wants to know who asks; set user and password" + said};
    }
    if (has(text, "no leader")) {
        return {"no_leader", at.text + " knows no leader: the cluster has lost its majority, or elects" + said};
    }
    if (how.why == rpc::code::resource_exhausted) {
        return {"too_large", at.text + " sends more at once than message_limit allows; raise it" + said};
    }
    if (how.why == rpc::code::deadline_exceeded) {
        return {"not_answering", at.text + " does not answer within request_timeout" + said};
    }
    if (how.why == rpc::code::unavailable) {
        return {"unreachable", "cannot reach " + at.text + "; is etcd running there?" + said};
    }
    if (how.why == rpc::code::unimplemented) {
        return {"not_etcd", at.text + " is no etcd 3" + said};
    }
    return {"failing", at.text + " fails" + said};
}

bool is_refusal(const problem& of) noexcept {
    return of.reason == "auth_failed" || of.reason == "auth_needed" || of.reason == "permission_denied";
}

// The texts are those of etcd's rpctypes (api/v3rpc/rpctypes/error.go).
bool wants_new_token(const rpc::outcome& how) noexcept {
    return has_any(how.text, {"invalid auth token", "revision of auth store is old", "user name is empty"});
}

bool is_login_needless(const rpc::outcome& how) noexcept {
    return how.why == rpc::code::failed_precondition && has(how.text, "authentication is not enabled");
}

bool is_compacted(const rpc::outcome& how) noexcept {
    return how.why == rpc::code::out_of_range && has(how.text, "compacted");
}

}  // namespace sonde::etcd
