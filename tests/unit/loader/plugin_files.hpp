// SPDX-License-Identifier: Apache-2.0
// Real plugin files in a directory of their own, below the build tree: a directory in /tmp would be refused.
#pragma once

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "loader/candidate.hpp"
#include "loader/loader.hpp"

namespace sonde::loader {

// For failure messages.
inline void PrintTo(reason why, std::ostream* out) { *out << name(why); }

}  // namespace sonde::loader

namespace sonde::loader::testing {

inline std::filesystem::path sample(const std::string& name) {
    return std::filesystem::path(TEST_PLUGINS) / (name + ".so");
}

inline std::string read(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

inline void write(const std::filesystem::path& file, std::string_view bytes) {
    std::ofstream(file, std::ios::binary | std::ios::trunc)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    ::chmod(file.c_str(), 0644);
}

// As a packager does it: under another name, then renamed.
inline void put(const std::filesystem::path& file, std::string_view bytes) {
    const std::filesystem::path partial = file.native() + ".tmp";
    write(partial, bytes);
    std::filesystem::rename(partial, file);
}

class plugin_files : public ::testing::Test {
protected:
    void SetUp() override {
        std::string pattern = std::string(TEST_ROOT) + "/plugins-XXXXXX";
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        root_ = pattern;
        if (const auto in = open_directory(root_, root_); !in || !in->objections.empty()) {
            GTEST_SKIP() << "the build tree lies where the loader takes nothing from: "
                         << (in ? in->objections.front() : in.error()).message();
        }
        plugins_ = root_ / "plugins";
        std::filesystem::create_directory(plugins_);
        ::chmod(root_.c_str(), 0755);
        ::chmod(plugins_.c_str(), 0755);
        settings_.directories = {plugins_};
        settings_.staging = root_ / "staging";
        settings_.self = TEST_PROBE;
    }
    void TearDown() override {
        std::error_code ignored;
        std::filesystem::remove_all(root_, ignored);
    }

    // Copies a sample into the plugin directory.
    std::filesystem::path install(const std::string& name) const { return install(name, name); }
    std::filesystem::path install(const std::string& name, const std::string& as) const {
        const auto file = plugins_ / (as + ".so");
        put(file, read(sample(name)));
        return file;
    }

    std::filesystem::path root_;
    std::filesystem::path plugins_;
    loader_settings settings_;
};

}  // namespace sonde::loader::testing
