// SPDX-License-Identifier: Apache-2.0
// Audit entries as Vault writes them, for tests.
#pragma once

#include <string>
#include <string_view>

namespace sonde::vault::testing {

inline const std::string hmac = "hmac-sha256:" + std::string(64, 'a');
inline const std::string other_hmac = "hmac-sha256:" + std::string(64, '0');
inline constexpr std::string_view canary = "Tr0ub4dor-and-3";

// A whole response with the canary wherever something must not pass.
inline std::string response_entry() {
    const std::string secret(canary);
    return R"({"time":"2026-11-21T10:00:00.000000001Z","type":"response",)"
           R"("auth":{"client_token":")" +
           hmac + R"(","accessor":")" + hmac +
           R"(","display_name":"ldap-alice","policies":["default","ops"],"token_policies":["default"],)"
           R"("metadata":{"username":"alice","note":")" +
           secret +
           R"("},"entity_id":"e-1","token_type":"service",)"
           R"("token_ttl":3600,"policy_results":{"allowed":true,"granting_policies":[{"name":"ops","type":"acl"}]}},)"
           R"("request":{"id":"r-1","operation":"update","mount_point":"secret/","mount_type":"kv",)"
           R"("mount_class":"secret","mount_accessor":"kv_1","client_token":")" +
           secret + R"(","namespace":{"id":"ns1","path":"team/"},"path":"secret/data/db","request_uri":"/v1/x?p=)" +
           secret + R"(","data":{"data":{"password":")" + hmac + R"(","pin":4711,"plain":")" + secret +
           R"(","list":["x)" + secret + R"(",")" + other_hmac +
           R"("]}},"remote_address":"10.1.2.3","remote_port":4711,)"
           R"("headers":{"user-agent":["curl/7"],"x-secret":[")" +
           secret + R"("],"x-hashed":[")" + hmac +
           R"("]}},)"
           R"("response":{"mount_type":"kv","secret":{"lease_id":")" +
           secret + R"("},"data":{"value":")" + secret + R"("},"warnings":[")" + secret +
           R"("],"wrap_info":{"ttl":60,"token":")" + secret + R"(","accessor":")" + secret +
           R"(","creation_path":"secret/data/db"},"redirect":")" + secret +
           R"("},"error":"2 errors occurred:\n\t* permission denied\n\t* cannot parse )" + secret + R"(\n\n"})";
}

inline std::string request_entry(int number) {
    return R"({"time":"2026-11-21T10:00:00Z","type":"request","request":{"id":"r-)" + std::to_string(number) +
           R"(","operation":"read","path":"secret/data/)" + std::to_string(number) + R"("}})";
}

}  // namespace sonde::vault::testing
