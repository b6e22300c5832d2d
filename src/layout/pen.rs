//! Writing paths down.

use super::Point;

/// How far along the sides of its corner the controls of a quarter circle lie.
const ROUND: f64 = 0.55;

/// Draws paths of cubic Bézier curves; straight stretches that follow one another become one.
#[derive(Debug, Default)]
pub(super) struct Pen {
    /// Of each path, where its points begin.
    pub starts: Vec<u32>,
    /// The points of all paths.
    pub points: Vec<Point>,
    /// Of each path its net.
    pub net: Vec<u32>,
    /// Of each path its leg.
    pub leg: Vec<u32>,
    /// Where the last curve ended, and where the pen is: straight above or below.
    from: Point,
    at: Point,
}

impl Pen {
    /// Begins a path of `net` and `leg`.
    pub fn begin(&mut self, net: usize, leg: u32, x: f64, y: f64) {
        self.starts.push(self.points.len() as u32);
        self.net.push(net as u32);
        self.leg.push(leg);
        self.at = Point { x, y };
        self.from = self.at;
        self.points.push(self.at);
    }

    /// Goes straight up or down to `y`.
    pub fn vertical(&mut self, y: f64) {
        self.at.y = y;
    }

    /// Goes through a gap to (`x`, `y`), with vertical ends.
    pub fn across(&mut self, x: f64, y: f64) {
        if (x - self.at.x).abs() < 1e-3 {
            self.vertical(y);
            return;
        }
        self.end();
        let middle = (self.at.y + y) / 2.0;
        self.curve(Point { x: self.at.x, y: middle }, Point { x, y: middle }, Point { x, y });
    }

    /// Turns round within the gap ahead, which is `gap` high (negative above), to run back at `x`.
    pub fn turn(&mut self, x: f64, gap: f64) {
        self.end();
        let Point { x: from, y } = self.at;
        let radius = gap.abs() / 2.0;
        if (x - from).abs() <= 2.0 * radius {
            // The curve goes three quarters of the way to its controls: to the middle of the gap.
            let reach = y + gap / 2.0 / 0.75;
            self.curve(Point { x: from, y: reach }, Point { x, y: reach }, Point { x, y });
            return;
        }
        let (side, middle) = (radius.copysign(x - from), y + gap / 2.0);
        let (first, last) = (from + side, x - side);
        self.curve(
            Point { x: from, y: y + gap * ROUND / 2.0 },
            Point { x: first - side * ROUND, y: middle },
            Point { x: first, y: middle },
        );
        let third = (last - first) / 3.0;
        self.curve(
            Point { x: first + third, y: middle },
            Point { x: last - third, y: middle },
            Point { x: last, y: middle },
        );
        self.curve(Point { x: last + side * ROUND, y: middle }, Point { x, y: y + gap * ROUND / 2.0 }, Point { x, y });
    }

    /// Writes down what was gone straight.
    pub fn end(&mut self) {
        if self.at.y != self.from.y {
            let Point { x, y } = self.at;
            let step = (y - self.from.y) / 3.0;
            self.curve(Point { x, y: self.from.y + step }, Point { x, y: y - step }, Point { x, y });
        }
    }

    fn curve(&mut self, first: Point, second: Point, end: Point) {
        self.points.extend([first, second, end]);
        self.at = end;
        self.from = end;
    }
}
