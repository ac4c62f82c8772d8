// SPDX-License-Identifier: Apache-2.0
// Puts credentials and further header fields onto requests: those for the server of queries, or, in an instance without
// one, those for its targets. Nothing of them is ever part of a text.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sonde/result.hpp>

#include "common/http/message.hpp"
#include "common/http/token_file.hpp"
#include "prometheus/options.hpp"

namespace sonde::prometheus {

class access {
public:
    explicit access(const credentials& of);

    // Fails if a file with a token cannot be read.
    [[nodiscard]] result<void> authorise(common::http::request& what);
    // The server did not take them: the files are read again at the next use.
    void refused() noexcept;

private:
    const credentials* of_;
    std::optional<common::http::token_file> file_;
    std::vector<std::pair<std::string, common::http::token_file>> field_files_;
};

}  // namespace sonde::prometheus
