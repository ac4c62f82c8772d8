// SPDX-License-Identifier: Apache-2.0
// What of an audit entry may leave the agent. An allow-list: a value passes because its field is known to hold no
// secret, or because it is an HMAC. Even then, whatever looks like a token does not.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sonde::vault {

// What stands in the place of a text that may not leave.
inline constexpr std::string_view withheld = "***";

// Exactly "hmac-sha256:" and 64 lower-case hexadecimal digits.
[[nodiscard]] bool is_hmac(std::string_view text) noexcept;

// A service, batch or recovery token of Vault anywhere in it: "hvs.…", "hvb.…", "hvr.…", and before Vault 1.10 "s.…",
// "b.…", "r.…".
[[nodiscard]] bool holds_token(std::string_view text) noexcept;

// Is the field known to hold no secret? `path` is "request.mount_type": names of members joined by dots, places in
// arrays left out.
[[nodiscard]] bool is_harmless(std::string_view path) noexcept;

// The path of a request with `withheld` for each part that is, or stands where, a token or an accessor is expected.
// Returns how many there were.
[[nodiscard]] std::uint32_t write_request_path(std::string_view path, std::string& to);

// Errors echo what was sent: of one only those messages pass that are known beforehand, as our own constants.
struct known_errors {
    std::vector<std::string_view> messages;
    bool has_more = false;  // something in it is not known
};
void find_known_errors(std::string_view text, known_errors& to);

// A name of a member as part of the name of a field: what is not plain, or looks like a token, is `withheld`.
[[nodiscard]] std::string_view plain_name(std::string_view name) noexcept;

}  // namespace sonde::vault
