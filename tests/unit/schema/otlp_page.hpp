// SPDX-License-Identifier: Apache-2.0
// docs/formats/otlp.md as far as tests read it.
#pragma once

#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace sonde::schema::testing {

// Which field is where, and what is lost.
struct page {
    std::map<std::string, std::vector<std::string>> where;  // "attribute k8s.pod.uid", or alternatives
    std::set<std::string> lost;                             // of an event with numbers

    static page read() {
        page made;
        std::ifstream file(OTLP_PAGE);
        std::string section;
        for (std::string line; std::getline(file, line);) {
            if (line.starts_with("## ")) {
                section = line.substr(3);
            } else if (section == "Fields of an event" && line.starts_with("| `")) {
                made.read_row(line);
            } else if (section == "What is lost" && line.starts_with("- `")) {
                made.lost.insert(line.substr(3, line.find('`', 3) - 3));
            }
        }
        return made;
    }

    // The row for a field, or for what it is a part of; `rest` is then the path from there.
    [[nodiscard]] const std::vector<std::string>* find(std::string path, std::string& rest) const {
        for (rest.clear();;) {
            if (const auto found = where.find(path); found != where.end()) {
                return &found->second;
            }
            const std::size_t dot = path.rfind('.');
            if (dot == std::string::npos) {
                return nullptr;
            }
            rest.insert(0, path, dot);
            path.resize(dot);
        }
    }

private:
    void read_row(const std::string& line) {
        const std::size_t middle = line.find(" | ");
        const std::string cell = line.substr(middle + 3);
        const std::string_view kind = cell.starts_with("resource") ? "resource "
                                      : cell.starts_with("scope")  ? "scope "
                                      : cell.starts_with("`")      ? ""
                                                                   : "attribute ";
        static const std::regex quoted("`([^`]+)`");
        for (std::sregex_iterator at(cell.begin(), cell.end(), quoted), end; at != end; ++at) {
            where[line.substr(3, line.find('`', 3) - 3)].push_back(std::string(kind) + (*at)[1].str());
        }
    }
};

}  // namespace sonde::schema::testing
