# %% [markdown]
# # A short tour
#
# Run it: `sessions run examples/tour.py`. Change one line and run it again: only what depends
# on that line runs. It is plain Python, so `python examples/tour.py` works as well.

# %% Prices
price = 3.20
cost = 1.10

# %% Customers
# Seeded here: however often cells are run again, these numbers stay.
import random

random.seed(11)
days = ["Mon", "Tue", "Wed", "Thu", "Fri"]
cups = {day: random.randint(40, 90) for day in days}
cups


# %% A function
# Change a price above: this cell does not run, those that call `profit` do.
def profit(sold):
    return round(sold * (price - cost), 2)


# %% The week
week = {day: profit(sold) for day, sold in cups.items()}
print(f"best day so far: {max(week, key=week.get)}")
round(sum(week.values()), 2)

# %% The market on Saturday
# A change in place, under another name. The cells below read the changed `week`, and running
# this cell twice does not add a second market.
stalls = week
stalls["Sat"] = profit(150)
round(sum(week.values()), 2)

# %% Every day
# `day` had another use above. A name may be used again, as in any script.
for day, euros in week.items():
    print(f"{day} {'█' * round(euros / 15)} {euros}")

# %% A free coffee
# This draw goes on where the seed of cell 3 left off.
winner = random.choice(days)
f"free coffee on {winner}"


# %% A chart
# The last expression of a cell is its result. Objects with Jupyter's display methods show
# as pictures, HTML or tables; in a terminal you see their text.
class Bars:
    def __init__(self, values):
        self.values = values

    def __repr__(self):
        return f"Bars of {len(self.values)} days, highest {max(self.values.values())}"

    def _repr_svg_(self):
        top = max(self.values.values())
        bars = [
            f'<rect x="{34 * i}" y="{100 - 100 * value / top:.1f}" width="28"'
            f' height="{100 * value / top:.1f}" fill="{"#d98" if name == winner else "#79b"}"/>'
            f'<text x="{34 * i + 14}" y="114" font-size="11" text-anchor="middle">{name}</text>'
            for i, (name, value) in enumerate(self.values.items())
        ]
        size = f"0 0 {34 * len(bars)} 118"
        return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{size}">{"".join(bars)}</svg>'


Bars(week)
