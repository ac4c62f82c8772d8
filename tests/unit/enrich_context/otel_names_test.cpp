// SPDX-License-Identifier: Apache-2.0
// Every name of an OpenTelemetry attribute that the documents of unified events and the schemas give is one of the
// semantic conventions, as tests/data/otel/attributes.txt lists them.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace sonde::enrich_context {
namespace {

const std::filesystem::path data = SONDE_TEST_DATA;
const std::filesystem::path project = data / ".." / "..";

// What is in use, and where.
using used_names = std::map<std::string, std::string>;

std::vector<std::string> lines_of(const std::filesystem::path& file) {
    std::ifstream in(file);
    EXPECT_TRUE(in) << file;
    std::vector<std::string> all;
    for (std::string line; std::getline(in, line);) {
        all.push_back(line);
    }
    return all;
}

// By name the group.
std::map<std::string, std::string> conventions() {
    std::map<std::string, std::string> all;
    for (const std::string& line : lines_of(data / "otel" / "attributes.txt")) {
        if (line.empty() || line.starts_with('#')) {
            continue;
        }
        std::istringstream fields(line);
        std::string name;
        std::string group;
        std::string more;
        EXPECT_TRUE(fields >> name >> group && !(fields >> more)) << line;
        EXPECT_TRUE(all.emplace(name, group).second) << name << " is listed twice";
    }
    return all;
}

void add_matches(const std::string& text, const std::regex& wanted, const std::string& where, used_names& to) {
    for (std::sregex_iterator each(text.begin(), text.end(), wanted); each != std::sregex_iterator(); ++each) {
        to.emplace(each->str(1), where);
    }
}

// The second column of the table "Names of OpenTelemetry".
used_names names_in_document() {
    const std::regex name("`([^`]+)`");
    used_names used;
    bool is_inside = false;
    for (const std::string& line : lines_of(project / "docs" / "formats" / "event.md")) {
        is_inside = line.starts_with("## ") ? line == "## Names of OpenTelemetry" : is_inside;
        const std::size_t bar = line.find('|', 1);
        const bool is_row = is_inside && line.starts_with("| `") && bar != std::string::npos;
        if (is_row) {
            add_matches(line.substr(bar), name, "event.md", used);
        }
    }
    return used;
}

// What comments of the schemas have in brackets: one name, or several with commas between them.
used_names names_in_schemas() {
    const std::regex bracket(R"(\[([a-z0-9_.<>, ]+)\])");
    const std::regex name(R"(([^, ]+))");
    used_names used;
    for (const auto& file : std::filesystem::directory_iterator(project / "proto" / "sonde" / "v1")) {
        if (file.path().extension() != ".proto") {
            continue;
        }
        const std::string where = file.path().filename().string();
        for (const std::string& line : lines_of(file.path())) {
            const std::size_t comment = line.find("//");
            used_names lists;
            add_matches(comment == std::string::npos ? std::string() : line.substr(comment), bracket, where, lists);
            for (const auto& [list, of] : lists) {
                add_matches(list, name, of, used);
            }
        }
    }
    return used;
}

void expect_known(const used_names& used) {
    const auto known = conventions();
    for (const auto& [name, where] : used) {
        EXPECT_TRUE(known.contains(name))
            << "'" << name << "' in " << where << " is no name that tests/data/otel/attributes.txt lists";
    }
}

TEST(OtelNames, of_the_table_are_those_of_the_semantic_conventions) {
    const used_names used = names_in_document();
    EXPECT_GT(used.size(), 30u) << "the table has another form than the test reads";
    expect_known(used);
}

TEST(OtelNames, in_brackets_in_the_schemas_are_those_of_the_semantic_conventions) {
    const used_names used = names_in_schemas();
    EXPECT_GT(used.size(), 40u) << "the comments have another form than the test reads";
    expect_known(used);
}

TEST(OtelNames, that_are_listed_are_in_use_and_in_the_group_of_their_first_part) {
    used_names used = names_in_document();
    used.merge(names_in_schemas());
    for (const auto& [name, group] : conventions()) {
        EXPECT_TRUE(used.contains(name)) << name;
        EXPECT_TRUE(group == "registry." + name.substr(0, name.find('.')) || group == "metric." + name) << name;
    }
}

}  // namespace
}  // namespace sonde::enrich_context
