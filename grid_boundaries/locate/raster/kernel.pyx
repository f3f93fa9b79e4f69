# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The raster read at full speed: the compiled form of ``exact.covering``, as far as 64 bits tell the owner."""

from libc.stdint cimport int32_t, int64_t, uint16_t, uint32_t
from libc.math cimport fabs, llrint

cdef extern from *:
    """
    #define gis_prefetch(address) __builtin_prefetch((address), 0, 1)
    #define gis_first_bit(word) __builtin_ctz((unsigned) (word))

    /* The side of an edge on which a place lies, both being the doubles nearest to lattice steps: the sign of the turn,
       or 2 where 113 bits do not hold it.  From one degree on, and for edges of half a degree, differences of such
       doubles have 51 bits and their products 102, so the only rounding is that of one subtraction. */
    #include <stdlib.h>
    static int gis_side(long long ax, long long ay, long long bx, long long by, long long x, long long y) {
    #if defined(__SIZEOF_FLOAT128__) || __LDBL_MANT_DIG__ == 113
    #if defined(__SIZEOF_FLOAT128__)
        typedef __float128 quad;
    #else
        typedef long double quad;
    #endif
        const long long degree = 1000000000LL;
        if (llabs(ax) < degree || llabs(ay) < degree || llabs(bx) < degree || llabs(by) < degree ||
            llabs(x) < degree || llabs(y) < degree)
            return 2;
        quad x0 = (double) ax / 1e9, y0 = (double) ay / 1e9;
        quad dx = (quad) ((double) bx / 1e9) - x0, dy = (quad) ((double) by / 1e9) - y0;
        quad up = (quad) ((double) y / 1e9) - y0, along = (quad) ((double) x / 1e9) - x0;
        quad turn = dx * up - dy * along;
        return (turn > 0) - (turn < 0);
    #else
        return 2;
    #endif
    }
    """
    int gis_side(int64_t ax, int64_t ay, int64_t bx, int64_t by, int64_t x, int64_t y) nogil
    void gis_prefetch(const void *address) nogil
    int gis_first_bit(int word) nogil

cdef enum:
    NOBODY = -1
    UNDECIDED = -2
    IS_LONG = -2147483648
    BITS = 15
    TILE_SHIFT = 4
    DOUBT = 13
    AT_ONCE = 256

cdef class Kernel:
    """A raster ready to be asked.  All arguments are arrays of ``Raster``, contiguous, and figures of its frame."""

    cdef const int32_t[::1] cells, tiles, grids, ranks
    cdef const uint32_t[::1] edge_starts, grid_starts
    cdef const uint16_t[::1] inside, masks
    cdef const int32_t[:, ::1] ends
    cdef int64_t west, south, rows, columns
    cdef int shift
    cdef list located, matches
    cdef object make, exactly, nowhere

    def __init__(self, raster, ranks):
        self.cells, self.tiles, self.grids, self.ranks = raster.cells, raster.tiles, raster.grids, ranks
        self.edge_starts, self.grid_starts = raster.edge_starts, raster.grid_starts
        self.inside, self.masks, self.ends = raster.inside, raster.masks, raster.ends
        frame = raster.frame
        self.west, self.south, self.rows, self.columns = frame.west, frame.south, frame.rows, frame.columns
        self.shift = frame.shift

    def owner_inside(self, double lon, double lat):
        """Return the owner of a place that lies inside it and in no other of its rank; else NOBODY or UNDECIDED.

        In degrees.  What is out of range is UNDECIDED too.
        """
        return self._owner(lon, lat)

    def answer_with(self, list matches, make, nowhere, exactly):
        """Say what ``locate`` answers: ``make(match, owner, ())``, ``nowhere``, or what ``exactly`` finds."""
        self.matches, self.make, self.nowhere, self.exactly = matches, make, nowhere, exactly
        self.located = [None] * len(matches)

    def locate(self, double lon, double lat):
        """Return the answer for a place; the same object whenever it lies inside the same owner."""
        cdef int32_t owner = self._owner(lon, lat)
        if owner >= 0:
            found = self.located[owner]
            if found is None:
                found = self.located[owner] = self.make(self.matches[owner], owner, ())
            return found
        return self.nowhere if owner == NOBODY else self.exactly(lon, lat)

    cdef int32_t _owner(self, double lon, double lat) noexcept:
        if not (fabs(lon) <= 180.0 and fabs(lat) <= 90.0):
            return UNDECIDED
        cdef int64_t x = llrint(lon * 1e9) - self.west, y = llrint(lat * 1e9) - self.south
        cdef int32_t code = self._code(&x, &y)
        return code if code >= NOBODY else self._read(code, x, y, lon, lat, True)

    def owners(self, const double[::1] lons, const double[::1] lats, int32_t[::1] out):
        """Write the owner of every place, NOBODY or UNDECIDED; places in degrees, and within the range of degrees.

        Gives up the interpreter's lock.
        """
        with nogil:
            self._owners(lons, lats, out)

    cdef void _owners(self, const double[::1] lons, const double[::1] lats, int32_t[::1] out) noexcept nogil:
        cdef Py_ssize_t count = lons.shape[0], start = 0, i, size, crossed
        cdef int64_t[AT_ONCE] xs, ys
        cdef int64_t[AT_ONCE] places
        cdef int[AT_ONCE] which
        cdef int32_t code
        cdef int64_t x, y, record
        cdef int size_shift
        while start < count:
            size = min(<Py_ssize_t> AT_ONCE, count - start)
            # In steps, so that what the next step reads is on its way from memory meanwhile.
            for i in range(size):
                x = llrint(lons[start + i] * 1e9) - self.west
                y = llrint(lats[start + i] * 1e9) - self.south
                xs[i], ys[i] = x, y
                x, y = x >> self.shift, y >> self.shift
                if 0 <= x < self.columns and 0 <= y < self.rows:
                    places[i] = y * self.columns + x
                    gis_prefetch(&self.cells[places[i]])
                else:
                    places[i] = -1
            crossed = 0
            for i in range(size):
                code = NOBODY if places[i] < 0 else self.cells[places[i]]
                out[start + i] = code
                if code < NOBODY:
                    which[crossed] = <int> i
                    crossed += 1
                    if code & 1:
                        x, y = xs[i] >> (self.shift - TILE_SHIFT), ys[i] >> (self.shift - TILE_SHIFT)
                        places[i] = ((-3 - <int64_t> code) // 2 << 2 * TILE_SHIFT) + ((y & 15) << TILE_SHIFT) + (x & 15)
                        gis_prefetch(&self.tiles[places[i]])
                    else:
                        record = (-2 - <int64_t> code) // 2
                        gis_prefetch(&self.edge_starts[record])
                        gis_prefetch(&self.inside[record])
                        gis_prefetch(&self.grid_starts[record])
            for i in range(crossed):
                code = out[start + which[i]]
                if code & 1:
                    out[start + which[i]] = code = self.tiles[places[which[i]]]
                    if code >= NOBODY:
                        which[i] |= 1 << 16
                        continue
                    which[i] |= 1 << 17
                record = (-2 - <int64_t> code) // 2
                gis_prefetch(&self.ends[self.edge_starts[record], 0])
                gis_prefetch(&self.masks[self.edge_starts[record]])
                gis_prefetch(&self.grids[self.grid_starts[record]])
            for i in range(crossed):
                if which[i] & (1 << 16):
                    continue
                size_shift = self.shift - TILE_SHIFT if which[i] & (1 << 17) else self.shift
                which[i] &= (1 << 16) - 1
                x = xs[which[i]] & ((<int64_t> 1 << size_shift) - 1)
                y = ys[which[i]] & ((<int64_t> 1 << size_shift) - 1)
                out[start + which[i]] = self._read(
                    out[start + which[i]], x, y, lons[start + which[i]], lats[start + which[i]], False
                )
            start += size

    cdef int32_t _code(self, int64_t *x, int64_t *y) noexcept nogil:
        """Return what a cell or its part says, and turn a place in the frame into one in that."""
        cdef int64_t column = x[0] >> self.shift, row = y[0] >> self.shift
        if not (0 <= column < self.columns and 0 <= row < self.rows):
            return NOBODY
        cdef int32_t code = self.cells[row * self.columns + column]
        cdef int shift = self.shift
        if code < NOBODY and code & 1:
            shift -= TILE_SHIFT
            column, row = (x[0] >> shift) & 15, (y[0] >> shift) & 15
            code = self.tiles[((-3 - <int64_t> code) // 2 << 2 * TILE_SHIFT) + (row << TILE_SHIFT) + column]
        x[0] &= (<int64_t> 1 << shift) - 1
        y[0] &= (<int64_t> 1 << shift) - 1
        return code

    cdef int32_t _read(
        self, int32_t code, int64_t x, int64_t y, double lon, double lat, bint strictly
    ) noexcept nogil:
        """Return the owner of a place, in steps from its cell's corner, that a record tells."""
        cdef int64_t record = (-2 - <int64_t> code) // 2, ax, ay, bx, by, dx, dy, turn
        cdef uint32_t i
        cdef int covers, on, bit, rest, rank, side
        cdef int64_t west, south
        cdef bint is_crossed, is_left_below
        cdef const int32_t *edge
        while True:
            covers, on = self.inside[record], 0
            for i in range(self.edge_starts[record], self.edge_starts[record + 1]):
                edge = &self.ends[i, 0]
                ax, ay, bx, by = edge[0], edge[1], edge[2], edge[3]
                if ax == IS_LONG:
                    return UNDECIDED
                dx, dy = bx - ax, by - ay
                is_crossed = False
                if ay <= y <= by:
                    turn = dx * (y - ay) - dy * (x - ax)
                    if (turn if turn >= 0 else -turn) <= ((dx if dx >= 0 else -dx) + dy) >> DOUBT:
                        if min(ax, bx) <= x <= max(ax, bx):
                            if turn == 0 and (dx == 0 or dy == 0 or y == ay or y == by):
                                side = 0
                            else:
                                west, south = llrint(lon * 1e9) - x, llrint(lat * 1e9) - y
                                side = gis_side(west + ax, south + ay, west + bx, south + by, west + x, south + y)
                            if side == 2:
                                return UNDECIDED
                            if side == 0:
                                on |= self.masks[i]
                                continue
                            turn = side
                    is_crossed = y < by and turn < 0
                if (ax < 0) != (bx < 0):
                    turn = (-2 * ax - 1) * dy - 2 * dx * (y - ay)
                    is_left_below = turn <= 0 if dx > 0 else turn >= 0
                    is_crossed = (is_crossed and is_left_below == (bx >= 0)) != is_left_below
                elif ax < 0:
                    is_crossed = False
                if is_crossed:
                    covers ^= self.masks[i]
            rest = (covers | on) & ((1 << BITS) - 1)
            if rest:
                bit = gis_first_bit(rest)
                if not strictly:
                    return self.grids[self.grid_starts[record] + bit]
                if on or covers >> BITS & 1:
                    return UNDECIDED
                rank = self.ranks[self.grids[self.grid_starts[record] + bit]]
                rest &= rest - 1
                while rest:
                    if self.ranks[self.grids[self.grid_starts[record] + gis_first_bit(rest)]] == rank:
                        return UNDECIDED
                    rest &= rest - 1
                return self.grids[self.grid_starts[record] + bit]
            if not covers >> BITS & 1:
                return NOBODY
            record += 1
