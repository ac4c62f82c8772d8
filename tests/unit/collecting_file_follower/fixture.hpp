// SPDX-License-Identifier: Apache-2.0
// A log in a directory of its own, a follower of it on a clock that the test moves, and what it told.
#pragma once

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include <poll.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <sonde/collecting/file_follower/follower.hpp>

namespace sonde::collecting::file_follower {

using namespace std::chrono_literals;

class following : public testing::Test {
protected:
    following() : directory_(std::filesystem::temp_directory_path() / ("sonde-follow-" + std::to_string(::getpid()))) {
        std::filesystem::remove_all(directory_);
        std::filesystem::create_directories(directory_);
    }
    ~following() override { std::filesystem::remove_all(directory_); }

    [[nodiscard]] std::string at(const std::string& name) const { return directory_ / name; }

    void append(const std::string& text, const std::string& name = "cni.log") const {
        std::ofstream(at(name), std::ios::app | std::ios::binary) << text;
    }
    void rename(const std::string& from, const std::string& to) const { std::filesystem::rename(at(from), at(to)); }
    // As logrotate does it: a copy, then the file is cut to nothing.
    void copy_and_truncate(const std::string& to) const {
        std::filesystem::copy_file(at("cni.log"), at(to), std::filesystem::copy_options::overwrite_existing);
        std::filesystem::resize_file(at("cni.log"), 0);
    }

    void follow(const std::string& saved = {}) {
        follower_.emplace(options_);
        const auto opened = follower_->open(saved, now_);
        ASSERT_TRUE(opened) << opened.error().text;
    }
    [[nodiscard]] std::string stop() {
        std::string saved = encode(follower_->where());
        follower_.reset();
        return saved;
    }

    // Everything that is there now, or only the next `most` lines.
    std::vector<std::string> read(std::size_t most = 1'000'000) {
        std::vector<std::string> told;
        const auto take = [&](const line& each) {
            if (told.size() == most) {
                return false;
            }
            told.emplace_back(each.text);
            lines_.push_back(each);
            return true;
        };
        for (int i = 0; i < 10'000 && told.size() < most; ++i) {
            const bool has_more = follower_->read_some(now_, take);
            if (!has_more) {
                break;
            }
        }
        return told;
    }
    [[nodiscard]] bool is_readable() const {
        pollfd of{follower_->fd(), POLLIN, 0};
        return ::poll(&of, 1, 0) == 1;
    }

    using texts = std::vector<std::string>;

    std::filesystem::path directory_;
    follower_options options_{.path = at("cni.log"), .is_from_beginning = true};
    std::optional<follower> follower_;
    std::chrono::nanoseconds now_ = 1000s;
    std::vector<line> lines_;  // their texts are gone
};

}  // namespace sonde::collecting::file_follower
