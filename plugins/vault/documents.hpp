// SPDX-License-Identifier: Apache-2.0
// Reads the answers of Vault's API, as far as they are used. What an answer leaves out stays empty. No error holds
// anything of an answer.
#pragma once

#include <chrono>
#include <string_view>
#include <vector>

#include <sonde/result.hpp>

#include "vault/server_facts.hpp"

namespace sonde::vault {

// Fails unless `code` is one of sys/health and the text is its answer.
[[nodiscard]] result<health_facts> read_health(std::uint32_t code, std::string_view body);
[[nodiscard]] result<seal_facts> read_seal_status(std::string_view body);
[[nodiscard]] result<leader_facts> read_leader(std::string_view body);
[[nodiscard]] result<std::vector<replication_facts>> read_replication(std::string_view body);

struct token_facts {
    std::chrono::seconds ttl{};  // zero: it does not end
    bool is_renewable = false;
};
// auth/token/lookup-self
[[nodiscard]] result<token_facts> read_lookup(std::string_view body);
// auth/token/renew-self
[[nodiscard]] result<token_facts> read_renewal(std::string_view body);

}  // namespace sonde::vault
