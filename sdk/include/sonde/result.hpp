// SPDX-License-Identifier: Apache-2.0
// The one error idiom: result<T> is a value or an error with a code, a text and the place it is about.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

#include <sonde/abi/base.h>

namespace sonde {

// The ABI's result codes, typed.
enum class errc : sonde_rc {
    again = SONDE_AGAIN,
    dropped = SONDE_DROPPED,
    invalid = SONDE_INVALID,
    unsupported = SONDE_UNSUPPORTED,
    denied = SONDE_DENIED,
    exhausted = SONDE_EXHAUSTED,
    timeout = SONDE_TIMEOUT,
    stopped = SONDE_STOPPED,
    failed = SONDE_FAILED,
    internal = SONDE_INTERNAL,
};

[[nodiscard]] constexpr std::string_view name(errc code) noexcept {
    switch (code) {
    case errc::again: return "again";
    case errc::dropped: return "dropped";
    case errc::invalid: return "invalid";
    case errc::unsupported: return "unsupported";
    case errc::denied: return "denied";
    case errc::exhausted: return "exhausted";
    case errc::timeout: return "timeout";
    case errc::stopped: return "stopped";
    case errc::failed: return "failed";
    case errc::internal: return "internal";
    }
    return "unknown";
}

struct error {
    errc code = errc::internal;
    std::string text;   // says what failed and what the reader can change
    std::string where;  // option key, file:line:column or path; may be empty

    // "where: text", or the text alone.
    [[nodiscard]] std::string message() const { return where.empty() ? text : where + ": " + text; }
};

template <class T>
using result = std::expected<T, error>;

[[nodiscard]] inline std::unexpected<error> fail(errc code, std::string text, std::string where = {}) {
    return std::unexpected(error{code, std::move(text), std::move(where)});
}

// Passes an error on with what this layer was doing: "reading the configuration: no such file".
[[nodiscard]] inline std::unexpected<error> fail(error cause, std::string_view doing) {
    cause.text.insert(0, std::string(doing) + ": ");
    return std::unexpected(std::move(cause));
}

}  // namespace sonde
