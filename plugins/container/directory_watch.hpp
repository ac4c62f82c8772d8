// SPDX-License-Identifier: Apache-2.0
// Trees of directories followed by inotify: says which directories and files there are, and which come, change and go,
// without polling. A root that does not exist yet is waited for. Bounded: directories beyond the limit are left out and
// counted; when the kernel's queue overflows everything is looked at again.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <sonde/collecting/descriptor.hpp>
#include <sonde/result.hpp>

namespace sonde::container {

class directory_watch {
public:
    // What is wanted of a directory that was found.
    struct interest {
        bool children = false;  // the directories in it
        bool files = false;     // files that are written to the end or moved here, and those that are there
        bool changes = false;   // files that are written to
    };

    class listener {
    public:
        // `depth` is 0 for the root itself. `is_new`: it was made while we watched.
        virtual interest on_directory(std::size_t root, const std::string& path, std::size_t depth, bool is_new) = 0;
        virtual void on_directory_gone(std::size_t root, const std::string& path) = 0;
        virtual void on_file(std::size_t root, const std::string& directory, std::string_view name) = 0;
        // Everything of this root is told again between the two.
        virtual void on_begin(std::size_t root) = 0;
        virtual void on_end(std::size_t root) = 0;

    protected:
        ~listener() = default;
    };

    directory_watch(listener& to, std::size_t limit) : listener_(&to), limit_(limit) {}

    // Before start(); the number that the listener is told.
    std::size_t add_root(std::string path);
    // Looks at all roots for the first time.
    [[nodiscard]] result<void> start();
    [[nodiscard]] int fd() const noexcept { return inotify_.number(); }
    void drain();

    [[nodiscard]] std::uint64_t left_out() const noexcept { return left_out_; }
    [[nodiscard]] std::uint64_t overflows() const noexcept { return overflows_; }
    [[nodiscard]] std::size_t size() const noexcept { return nodes_.size(); }
    // 0 if the root is there; else why it could not be watched: ENOENT, EACCES, ...
    [[nodiscard]] int problem(std::size_t root) const noexcept { return roots_[root].problem; }

private:
    struct root_state {
        std::string path;
        int problem = 0;
        int waits_on = -1;  // watch of the nearest directory that exists
    };
    struct node {
        std::string path;
        std::size_t root = 0;
        std::size_t depth = 0;
        interest wanted;
        bool is_ancestor = false;  // only awaited children matter
    };

    [[nodiscard]] result<void> open();
    [[nodiscard]] result<void> restart();
    void look_at_root(std::size_t root, bool is_new);
    void await(std::size_t root);
    void visit(std::size_t root, const std::string& path, std::size_t depth, bool is_new);
    void list(const node& of, bool is_new);
    void handle(int watch, std::uint32_t mask, std::string_view name);
    void look_again(int watch);
    void remove_below(const std::string& path);

    listener* listener_;
    std::size_t limit_;
    collecting::descriptor inotify_;
    std::vector<root_state> roots_;
    std::map<int, node> nodes_;                      // by watch
    std::map<std::string, int, std::less<>> paths_;  // watch of each directory
    std::uint64_t left_out_ = 0;
    std::uint64_t overflows_ = 0;
};

}  // namespace sonde::container
