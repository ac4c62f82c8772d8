// SPDX-License-Identifier: Apache-2.0
// What several tests of the container collector use: ids, a directory of the test's own, and a sink that remembers.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "container/source.hpp"

namespace sonde::container {

inline const std::string id_a(64, 'a');
inline const std::string id_b(64, 'b');
inline const std::string pod_uid = "0f3c9a1e-1111-2222-3333-444455556666";

class own_directory {
public:
    own_directory() {
        char name[] = "/tmp/sonde_container_XXXXXX";
        path_ = ::mkdtemp(name);
    }
    own_directory(const own_directory&) = delete;
    own_directory& operator=(const own_directory&) = delete;
    ~own_directory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    [[nodiscard]] const std::string& path() const { return path_; }
    // Below the directory; makes what is above.
    void write(const std::string& name, std::string_view text) const {
        std::filesystem::create_directories(std::filesystem::path(path_ + "/" + name).parent_path());
        std::ofstream(path_ + "/" + name) << text;
    }
    void make(const std::string& name) const { std::filesystem::create_directories(path_ + "/" + name); }
    void remove(const std::string& name) const { std::filesystem::remove_all(path_ + "/" + name); }

private:
    std::string path_;
};

// One line per word: "tell <id> <state>", "forget <id>", "end <id>".
struct remembering_sink final : sink {
    std::vector<std::string> words;
    std::vector<container_facts> told;

    void tell(origin, container_facts facts) override {
        words.push_back("tell " + facts.id.substr(0, 4));
        told.push_back(std::move(facts));
    }
    void forget(origin, std::string_view id) override { words.push_back("forget " + std::string(id.substr(0, 4))); }
    void end(origin, std::string_view id, std::int64_t, std::optional<std::int32_t>) override {
        words.push_back("end " + std::string(id.substr(0, 4)));
    }
    void begin_listing(origin) override { words.emplace_back("begin"); }
    void end_listing(origin) override { words.emplace_back("finish"); }
    void lose(origin) override { words.emplace_back("lose"); }
    [[nodiscard]] std::int64_t now() const override { return 1'000; }
};

}  // namespace sonde::container
