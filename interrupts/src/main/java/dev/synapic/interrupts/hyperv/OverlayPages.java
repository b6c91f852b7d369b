// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import dev.synapic.guestmem.GuestMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The pages of a machine's Hyper-V interface (hypercall, reference TSC, message, event flags, VP assist), and what RAM
 * holds beneath them.
 *
 * <ul>
 *   <li>Models: overlays: a page has a content of its own, which shows wherever the guest enables it; what RAM held there
 *       is back when the page is disabled, moved or reset. Of several pages at one address the last one that was enabled
 *       shows; when it goes, the one before does.
 *   <li>Spec: TLFS, "GPA Overlay Pages" (the order of several is the hypervisor's choice).
 *   <li>Not modelled: overlays where there is no RAM (the register is stored, and inert); protection of the hypercall page
 *       against writes; messages and flags that arrive while their page is hidden beneath another (undefined by the TLFS:
 *       they go into the page that shows), or on another thread at the very moment when it moves.
 *   <li>Threading: any thread.
 * </ul>
 */
public final class OverlayPages {
    /** What the guest finds where it enables a page. */
    public enum Pages {
        /** Its own RAM, which the interface writes into, as in KVM: what was there is gone. */
        IN_RAM,
        /** The page's own content, over the RAM that lies there. */
        OVERLAY
    }

    /** Where overlays are: the last one shows. */
    private static final class Stack {
        private final byte[] underneath;
        private final List<OverlayPage> pages = new ArrayList<>();

        Stack(byte[] underneath) {
            this.underneath = underneath;
        }
    }

    private final GuestMemory memory;
    private final Pages pages;
    private final List<OverlayPage> all = new ArrayList<>();
    private final SortedMap<Long, Stack> places = new TreeMap<>();

    /** Of one machine, all whose pages are of that kind. */
    public OverlayPages(GuestMemory memory, Pages pages) {
        this.memory = memory;
        this.pages = pages;
    }

    /** One more page, at no place yet, all zero. Pages are known by the order in which they were made. */
    synchronized OverlayPage page() {
        OverlayPage page = new OverlayPage(this, memory);
        if (areOverlays()) {
            all.add(page);
        }
        return page;
    }

    boolean areOverlays() {
        return pages == Pages.OVERLAY;
    }

    /** The page shows at gpa, which is a page of RAM. */
    synchronized void show(OverlayPage page, long gpa) {
        Stack before = places.get(page.gpa());
        if (page.gpa() == gpa && before != null && before.pages.getLast() == page) {
            return;
        }
        hide(page);
        Stack place = places.get(gpa);
        if (place == null) {
            place = new Stack(bytesAt(gpa));
            places.put(gpa, place);
        } else {
            place.pages.getLast().setContent(bytesAt(gpa));
        }
        place.pages.add(page);
        page.placed(gpa);
        memory.putBytes(gpa, page.content());
    }

    /** The page is nowhere, and keeps its content. */
    synchronized void hide(OverlayPage page) {
        long gpa = page.gpa();
        Stack place = places.get(gpa);
        if (place == null) {
            return;
        }
        boolean shows = place.pages.getLast() == page;
        place.pages.remove(page);
        page.placed(OverlayPage.NOWHERE);
        if (shows) {
            page.setContent(bytesAt(gpa));
            memory.putBytes(
                    gpa,
                    place.pages.isEmpty()
                            ? place.underneath
                            : place.pages.getLast().content());
        }
        if (place.pages.isEmpty()) {
            places.remove(gpa);
        }
    }

    /** Whether it lies beneath another page. */
    synchronized boolean isBeneath(OverlayPage page) {
        Stack place = places.get(page.gpa());
        return place != null && place.pages.getLast() != page;
    }

    private byte[] bytesAt(long gpa) {
        byte[] bytes = new byte[GuestMemory.PAGE_SIZE];
        memory.getBytes(gpa, bytes, 0, bytes.length);
        return bytes;
    }

    // ---- state ------------------------------------------------------------------------------------------------------

    /**
     * What does not show, and so is not in guest memory. Contents are 512 words, or none for a page of zeros.
     *
     * @param contents of each page that does not show, by its number
     */
    public record State(int version, List<Place> places, List<List<Long>> contents) {
        public static final int CURRENT_VERSION = 1;

        /** What RAM holds beneath the pages, by their numbers, of which the last one shows. */
        public record Place(long gpa, List<Long> underneath, List<Integer> pages) {
            /** Throws IllegalArgumentException for another length than a page's, or no pages. */
            public Place {
                requirePage(underneath);
                underneath = List.copyOf(underneath);
                pages = List.copyOf(pages);
                if (pages.isEmpty()) {
                    throw new IllegalArgumentException("no overlay is at 0x" + Long.toHexString(gpa));
                }
            }
        }

        /** Throws IllegalArgumentException for another version, or contents of another length than a page's. */
        public State {
            if (version != CURRENT_VERSION) {
                throw new IllegalArgumentException(
                        "overlay state version " + version + " is unknown; this build reads " + CURRENT_VERSION);
            }
            places = List.copyOf(places);
            contents.forEach(State::requirePage);
            contents = List.copyOf(contents);
        }

        private static void requirePage(List<Long> words) {
            if (!words.isEmpty() && words.size() != OverlayPage.WORDS) {
                throw new IllegalArgumentException("a page has " + OverlayPage.WORDS + " words, not " + words.size());
            }
        }
    }

    /** What {@link #restore} takes; guest memory is saved by itself. */
    public synchronized State save() {
        List<State.Place> saved = new ArrayList<>();
        places.forEach((gpa, place) -> saved.add(new State.Place(
                gpa,
                OverlayPage.words(place.underneath),
                place.pages.stream().map(all::indexOf).toList())));
        List<List<Long>> contents = new ArrayList<>();
        for (OverlayPage page : all) {
            Stack place = places.get(page.gpa());
            boolean shows = place != null && place.pages.getLast() == page;
            contents.add(shows ? List.of() : OverlayPage.words(page.content()));
        }
        return new State(State.CURRENT_VERSION, saved, contents);
    }

    /**
     * Writes no guest memory: what shows is there already.
     *
     * @throws IllegalArgumentException for the state of another machine, or one that no machine can have
     */
    public synchronized void restore(State state) {
        if (state.contents().size() != all.size()) {
            throw new IllegalArgumentException(
                    "the state has " + state.contents().size() + " overlay pages, this machine has " + all.size());
        }
        places.clear();
        for (int i = 0; i < all.size(); i++) {
            all.get(i).setContent(OverlayPage.bytes(state.contents().get(i)));
            all.get(i).placed(OverlayPage.NOWHERE);
        }
        for (State.Place saved : state.places()) {
            restore(saved);
        }
    }

    private void restore(State.Place saved) {
        long gpa = saved.gpa();
        boolean ram = (gpa & GuestMemory.PAGE_SIZE - 1) == 0 && memory.contains(gpa, GuestMemory.PAGE_SIZE);
        if (!ram || places.containsKey(gpa)) {
            throw new IllegalArgumentException("overlays cannot be at 0x" + Long.toHexString(gpa));
        }
        Stack place = new Stack(OverlayPage.bytes(saved.underneath()));
        for (int number : saved.pages()) {
            if (number < 0 || number >= all.size() || all.get(number).gpa() != OverlayPage.NOWHERE) {
                throw new IllegalArgumentException("overlay page " + number + " is not there, or at two places");
            }
            all.get(number).placed(gpa);
            place.pages.add(all.get(number));
        }
        places.put(gpa, place);
    }
}
