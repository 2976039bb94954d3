//! English and international given names, surnames, and capitalised words that are no names.

/// Given names that are rarely ordinary words.
pub(super) const FIRST: &str = "\
Aaron Abigail Adam Adrian Agnes Ahmed Aisha Alan Albert Alejandro Alex Alexander Alexandra Alexis Alice Alicia Alison Allison Amanda Amara Amber Amelia Amir Amit Amy \
Ana Anastasia Andre Andrea Andrei Andrew Angela Anita Anna Anne Annie Anthony Antonio Aria Ariana Arjun Arthur Arturo Ashley Audrey Austin Ava Barbara Beatrice Ben \
Benjamin Bernard Bernadette Beth Bethany Betty Beverly Bjorn Bob Bobby Bogdan Bonnie Bradley Brandon Brenda Brian Bridget Brittany Bruce Bryan Caleb Calvin Cameron \
Camila Camille Carl Carla Carlos Carmen Carol Caroline Carolyn Catherine Cecilia Cedric Celia Charles Charlotte Chen Cheryl Chloe Chris Christian Christina Christine Christopher \
Cindy Claire Clara Claudia Clifford Cody Colin Connor Craig Crystal Curtis Cynthia Damian Daniel Danielle Daria Darius Darren David Deborah Debra Denise Dennis Derek Diana \
Diane Diego Dimitri Dmitri Dmitry Dominic Donald Donna Doris Dorothy Douglas Duncan Dylan Edgar Edith Eduardo Edward Edwin Eileen Elaine Eleanor Elena Eli Elijah Elisa Elizabeth \
Ella Ellen Emanuel Emil Emilia Emily Emma Enrique Eric Erica Erik Erin Esther Ethan Eugene Eva Evan Evelyn Ezra Fabian Farid Fatima Felicia Felix Fernando Fiona Francesca \
Francis Francisco Frank Franklin Fred Frederick Gabriel Gabriela Gareth Gary Gavin Geoffrey George Georgia Gerald Geraldine Gina Giovanni Glenn Gloria Gordon Greg Gregory \
Greta Guillermo Gustavo Gwen Gwendolyn Hannah Hans Harold Harper Harriet Harry Harvey Hassan Heather Hector Heidi Helen Helena Henry Herbert Hiroshi Howard Hugo Ian Ibrahim Igor \
Imani Ingrid Irene Irina Isaac Isabel Isabella Isaiah Ivan Jacob Jacqueline Jade Jaime Jake James Jamie Jan Jane Janet Janice Jared Jason Javier Jayden Jean Jeff Jeffrey \
Jenna Jennifer Jenny Jeremy Jerome Jesse Jessica Jesus Jill Jim Jimmy Joan Joanna Joanne Joaquin Joel Johan Johannes John Johnny Jon Jonathan Jordan Jorge Jose Joseph Josephine \
Joshua Joyce Juan Juanita Judith Judy Julia Julian Juliana Julie Julien Julio Justin Kaitlyn Karen Karim Karin Karl Kate Katherine Kathleen Kathryn Kathy Katie Kavya Kayla \
Keith Kelly Kelsey Ken Kenji Kenneth Kevin Kimberly Kirk Klaus Kristen Kristin Kristina Kyle Larry Lars Laura Lauren Laurence Lawrence Leah Leila Lena Leo Leon Leonard Leonardo \
Leslie Liam Lillian Linda Lindsay Lisa Logan Lois Lori Lorraine Louis Louise Luca Lucas Lucia Lucy Luis Luke Lydia Lynn Madeline Madison Magdalena Maggie Malcolm Manuel \
Marc Marcel Marcia Marco Marcus Margaret Maria Mariam Marianne Marie Marilyn Mario Marion Marjorie Marlene Marta Martha Martin Marvin Mary Mateo Mathias Matthew Maureen Maurice Max Maxwell \
Megan Mei Melanie Melinda Melissa Mercedes Mia Michael Michaela Michele Michelle Miguel Mila Mildred Mitchell Mohamed Mohammad Mohammed Molly Monica Monique Morgan Muhammad \
Nadia Nancy Naomi Natalia Natalie Natasha Nathan Nathaniel Neil Nelson Nia Nicholas Nicola Nicolas Nicole Niels Nikhil Nikolai Nina Noah Noor Nora Norma Norman Oleg Oliver Olga Olivia \
Omar Oscar Otto Owen Pablo Paige Pamela Patricia Patrick Paul Paula Pauline Pavel Pedro Peggy Penelope Peter Petra Philip Phillip Phoebe Phyllis Pierre Priya Quentin Rachel \
Rafael Raj Rajesh Ralph Ramon Randall Raphael Raul Raymond Rebecca Regina Renee Ricardo Richard Rita Robert Roberta Roberto Robin Rodney Roger Roland Roman Ronald Rosa Rosemary \
Ross Roxanne Roy Ruben Rudolf Russell Ruth Ryan Sabrina Said Sally Salma Salvador Samantha Samir Samuel Sandra Sanjay Sara Sarah Scott Sean Sebastian Selma Serena Sergei Sergio \
Seth Shane Shannon Sharon Sheila Shirley Sidney Silvia Simon Simone Sofia Sonia Sophia Sophie Stacy Stanley Stefan Stella Stephanie Stephen Steve Steven Stuart Sunita Susan Suzanne \
Svetlana Sven Sylvia Tamara Tania Tanya Tara Tatiana Teresa Terrence Terry Thandi Theodore Theresa Thomas Tiffany Tim Timothy Tina Todd Tom Tommy Tony Tracy Trevor Tristan Tyler Ulrich \
Ulrike Ursula Valentina Valeria Valerie Vanessa Vera Veronica Victor Victoria Vikram Vincent Viola Virginia Vivian Vladimir Walter Wanda Wayne Wei Wendy Wesley Wilhelm William Winston \
Xavier Xin Yara Yasmin Yolanda Yosef Yuki Yuri Yusuf Yvonne Zachary Zara Zoe Zoey Zoltan";

/// Given names that are also words, months or places: a known surname must follow.
pub(super) const AMBIGUOUS: &str = "\
April August Autumn Bill Brook Carter Chance Chase Christian Daisy Dawn Destiny Drew Earl Ernest Faith Florence Gene Ginger Grace Grant Guy Hazel Heath Holly Hope Hunter \
Iris Ivy Jack Jasmine Jay Joe Josh Joy June Kim King Lee Lily Mark May Max Mike Miles Nick Norm Page Pat Pearl Penny Peter Ray Rich Rob Robin Rocky Rod Rose Ruby Sam Savannah \
Sierra Sky Summer Sydney Terry Victor Violet Virginia Will Wade Ward Art Dan Dean Don Ed Frank Gail Harper Jean Jordan Madison Morgan Paris Austin";

/// Surnames, for names that begin with an ambiguous word or have the surname first.
pub(super) const LAST: &str = "\
Adams Ahmed Alexander Ali Allen Alvarez Andersen Anderson Andrews Armstrong Arnold Bailey Baker Baptiste Barnes Bauer Becker Bell Bennett Berg Black Boyd Bradley Brooks Brown \
Bryant Burke Burns Butler Byrne Campbell Carlson Carpenter Carroll Carter Castellano Castillo Castro Chan Chang Chapman Chavez Chen Cheng Chowdhury Clark Clarke Cohen Cole \
Coleman Collins Cook Cooper Cox Crawford Cruz Cunningham Daniels Davidson Davies Davis Delgado Diaz Dixon Doyle Duncan Dunn Edwards Elliott Ellis Eriksen Evans Ferguson Fernandez \
Fischer Fisher Fitzgerald Fleming Flores Ford Foster Fox Freeman Fuller Garcia Gardner George Gibson Gilbert Goldberg Gomez Gonzales Gonzalez Goodman Gordon Graham Grant Gray \
Green Greene Griffin Gupta Gutierrez Haddad Hall Hamilton Hansen Harper Harris Harrison Hart Harvey Hassan Hawkins Hayes Henderson Hernandez Herrera Hicks Hill Hoffman Holmes Howard \
Hughes Hunt Hunter Hussain Ibrahim Ivanov Jackson Jacobs James Jenkins Jensen Jimenez Johansson Johnson Johnston Jones Jordan Joseph Kapoor Kaur Keller Kelley Kelly Kennedy Khan \
Kim King Klein Knight Kovacs Kowalski Kumar Larsen Larson Lawrence Lawson Lee Leonard Lewis Li Lindqvist Little Liu Long Lopez Lynch MacDonald Marshall Martin Martinez Mason \
Matthews Mbeki McCarthy McDonald Medina Mendez Mendoza Meyer Miller Mills Mitchell Mohamed Moore Morales Moreno Morgan Morris Morrison Muller Murphy Murray Myers Nakamura Nelson Newman Nguyen \
Nichols Nielsen Novak Nowak O'Brien O'Connor O'Neill Olson Ortega Ortiz Owens Palmer Park Parker Patel Patterson Payne Perez Perkins Perry Peters Petersen Peterson Petrov Pham Phillips \
Pierce Porter Powell Price Quigley Ramirez Ramos Rasmussen Reed Reid Reyes Reynolds Rice Richards Richardson Riley Rivera Roberts Robertson Robinson Rodriguez Rogers Romero Rose Ross \
Rossi Ruiz Russell Russo Ryan Salazar Sanchez Sanders Santos Sato Schmidt Schneider Schultz Schwartz Scott Shaw Silva Simmons Simpson Singh Smith Snyder Sokolov Soto Spencer \
Stephens Stevens Stewart Stone Sullivan Suzuki Takahashi Tan Tanaka Taylor Thomas Thompson Torres Tran Tucker Turner Underwood Vargas Vasquez Wagner Walker Wallace Wang Ward Warren Washington \
Watanabe Watkins Watson Weaver Webb Weber Weiss Wells West Wheeler Whitaker White Williams Williamson Willis Wilson Wong Wood Woods Wright Wu Xu Yamamoto Yang Young Zhang Zhao Zhou Zielinski";

/// Capitalised words that go on after a given name without being a surname.
pub(super) const NOT_SURNAMES: &str = "\
And Or The Inc Ltd Llc Corp Company Street Avenue Road Drive Lane Court Boulevard University College Hospital School Park Airport Bridge River Lake Bay Beach Island County City State \
Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April May June July August September October November December Please Thanks Thank Hello Dear \
Subject Date From To Cc Re Tel Phone Email Mail Address Name Id Card Account Number Iban Ssn Dob Passport Visa Api Http Https Json Pro Plus Max Ultra Air Mini Edition Version \
Award Prize Theorem Method Algorithm Distribution Process Transform Test Effect Law Equation Framework Server Client Script Sort Code Language Model Is Was Has Had Will Can Should I \
In On At For With By Of As If But Not No Yes My His Her Our Their This That Who What When Where Why How Error Warning Info Debug Total Card Status";
