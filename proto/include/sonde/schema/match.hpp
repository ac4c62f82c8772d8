// SPDX-License-Identifier: Apache-2.0
// Filters of the form KEY=VALUE over the members of an envelope's JSON object: "pid=123", "topic=raw/process/exec/",
// "attributes.team=web", "payload.process.name=bash". Nothing is printed to decide.
#pragma once

#include <memory>
#include <string_view>

#include <sonde/result.hpp>
#include <sonde/schema/batch.hpp>

namespace sonde::schema {

// Not thread-safe: one per thread.
class SONDE_SCHEMA_API field_matcher final {
public:
    // Fails on text without '=' and on a key that no envelope has; the error lists the keys.
    [[nodiscard]] static result<field_matcher> parse(std::string_view expression);

    field_matcher(field_matcher&&) noexcept;
    field_matcher& operator=(field_matcher&&) noexcept;
    ~field_matcher();

    // True if the member has the value, as text and as printed; for a list: if one of its elements has. An absent
    // member has the value 0, false or empty.
    [[nodiscard]] bool matches(const envelope_view& envelope);

private:
    struct state;
    explicit field_matcher(std::unique_ptr<state> from) noexcept;

    std::unique_ptr<state> state_;
};

}  // namespace sonde::schema
