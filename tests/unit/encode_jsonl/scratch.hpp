// SPDX-License-Identifier: Apache-2.0
// Real directories and files to test with, and system calls that fail on request.
#pragma once

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include <sys/mount.h>

#include "encode_jsonl/file_calls.hpp"

namespace sonde::encode_jsonl::testing {

// A fresh directory, removed at the end.
class scratch_directory final {
public:
    scratch_directory() {
        std::string pattern = (std::filesystem::temp_directory_path() / "encode_jsonl.XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) {
            throw std::runtime_error("no temporary directory");
        }
        path_ = pattern;
    }
    ~scratch_directory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    scratch_directory(const scratch_directory&) = delete;
    scratch_directory& operator=(const scratch_directory&) = delete;

    [[nodiscard]] std::string operator/(const std::string& name) const { return (path_ / name).string(); }
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

// A file system of a given size over a directory, if this process may mount one.
class small_disk final {
public:
    small_disk(const std::filesystem::path& on, const char* options) : on_(on.string()) {
        mounted_ = ::mount("none", on_.c_str(), "tmpfs", 0, options) == 0;
    }
    ~small_disk() {
        if (mounted_) {
            ::umount2(on_.c_str(), MNT_DETACH);
        }
    }
    small_disk(const small_disk&) = delete;
    small_disk& operator=(const small_disk&) = delete;

    [[nodiscard]] bool mounted() const { return mounted_; }

private:
    std::string on_;
    bool mounted_ = false;
};

inline std::string content(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

inline std::vector<std::string> lines_of(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) {
        lines.push_back(line);
    }
    return lines;
}

inline void put(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

// Real calls, except for what was asked for.
class troubled_calls final : public file_calls {
public:
    // What the next writes do: fail with an errno, or take that many bytes at most.
    struct step {
        int code = 0;
        std::size_t most = SIZE_MAX;
    };
    std::deque<step> writes{};
    int always = 0;  // errno of every write after those
    int truncate_error = 0;
    int sync_error = 0;
    bool is_stalled = false;
    int write_count = 0;
    int sync_count = 0;

    ssize_t write(int fd, const void* data, std::size_t size) override {
        ++write_count;
        step now{always};
        if (!writes.empty()) {
            now = writes.front();
            writes.pop_front();
        }
        if (now.code != 0) {
            errno = now.code;
            return -1;
        }
        return file_calls::write(fd, data, size < now.most ? size : now.most);
    }
    int truncate(int fd, off_t size) override { return refuse(truncate_error) ? -1 : file_calls::truncate(fd, size); }
    int sync(int fd) override {
        ++sync_count;
        return refuse(sync_error) ? -1 : file_calls::sync(fd);
    }
    int poll(pollfd* fd, int milliseconds) override { return is_stalled ? 0 : file_calls::poll(fd, milliseconds); }

private:
    static bool refuse(int code) {
        errno = code;
        return code != 0;
    }
};

}  // namespace sonde::encode_jsonl::testing
