// SPDX-License-Identifier: Apache-2.0
// Reads one entry of an audit device in JSON form. What comes out may leave the agent: see secrecy.hpp. All texts are
// views into the reader and the entry's copy in it, until the next entry.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <sonde/result.hpp>

#include "vault/audit_facts.hpp"

namespace sonde::vault {

class audit_reader {
public:
    // `headers` in lower case and sorted: those whose values pass. At most `hmac_limit` hashed values are kept.
    audit_reader(std::vector<std::string> headers, std::size_t hmac_limit);
    audit_reader(const audit_reader&) = delete;
    audit_reader& operator=(const audit_reader&) = delete;
    ~audit_reader();

    // Text before the first brace is passed over: the prefix that an audit device may be given. Fails with nothing of
    // the entry in the error.
    [[nodiscard]] result<const audit_facts*> read(std::string_view line);

private:
    class walk;
    struct parts;

    std::vector<std::string> headers_;
    std::size_t hmac_limit_;
    std::unique_ptr<parts> parts_;
};

}  // namespace sonde::vault
