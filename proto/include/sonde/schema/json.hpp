// SPDX-License-Identifier: Apache-2.0
// An envelope as one JSON object: always valid UTF-8 and valid JSON, on one line. Payloads whose message is linked into
// the process are printed as an object, others as base64. docs/formats/jsonl.md describes every member.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <sonde/schema/batch.hpp>

namespace sonde::schema {

// Keeps what it learned about payload messages and reuses its memory. Not thread-safe: one per thread.
class SONDE_SCHEMA_API json_printer final {
public:
    json_printer();
    json_printer(json_printer&&) noexcept;
    json_printer& operator=(json_printer&&) noexcept;
    ~json_printer();

    // Appends the object, without a line end.
    void append(const envelope_view& envelope, std::string& out);

    // Envelopes so far whose payload did not decode as the message that it claims to be.
    [[nodiscard]] std::uint64_t payload_errors() const noexcept;

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace sonde::schema
