// SPDX-License-Identifier: Apache-2.0
// Why output did not go through: a code for status and metrics, and a text for people.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace sonde::encode_jsonl {

struct failure {
    std::string_view reason;  // a literal: disk_full, io_error, closed_pipe, stalled, not_permitted, unavailable
    std::string text;
};

using outcome = std::expected<void, failure>;

// The failure of a system call that set errno to `code`, e.g. failure_of(ENOSPC, "writing", "/var/log/x.jsonl").
[[nodiscard]] failure failure_of(int code, std::string_view doing, std::string_view path);

}  // namespace sonde::encode_jsonl
